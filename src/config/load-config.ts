import { UserError } from '../base/errors.ts';
import { type Complaint, listComplaints } from '../model/complaint.ts';
import { combine, configOf, type Setting } from './combine.ts';
import type { ConfigDefinition } from './config-definition.ts';
import type { ConfigKey, ConfigValue } from './config-keys.ts';
import { type ParsedConfig, parseConfig } from './parse-config.ts';
import { restartComplaints } from './reload-changes.ts';
import type { Environment } from './service-folders.ts';

export interface ConfigSources {
  readonly file: { readonly name: string; readonly text: string } | undefined;
  /** Values of options, by the path of their key. */
  readonly options: ReadonlyMap<string, ConfigValue>;
  readonly environment: Environment;
}

export interface LoadOptions {
  /** `part`: a required key may be given later, by an option. */
  readonly scope: 'whole' | 'part';
  /** Of the running daemon: a change that needs a restart is then a problem. */
  readonly running?: readonly Setting[];
}

export interface LoadedConfig<C> {
  readonly settings: readonly Setting[];
  /** Complete only where nothing is missing. */
  readonly config: C;
  readonly missing: readonly ConfigKey[];
}

const NOTHING: ParsedConfig = { values: new Map(), wrong: new Set(), complaints: [] };

/**
 * Puts a configuration together. Throws UserError `invalid` with a line `file:line:column: what is
 * wrong; what to do` for every problem.
 */
export function loadConfig<C>(
  definition: ConfigDefinition<C>,
  sources: ConfigSources,
  { scope, running = [] }: LoadOptions,
): LoadedConfig<C> {
  const { file, options, environment } = sources;
  const parsed = file === undefined ? NOTHING : parseConfig(definition, file.text);
  const settings = combine(definition.keys, { options, file: parsed.values, environment });
  const config = configOf(settings) as C;
  const missing = settings
    .filter(({ key, source }) => key.isRequired && source === 'none' && !parsed.wrong.has(key.path))
    .map(({ key }) => key);
  const known = settings.filter(({ key, source }) => source === 'option' || !parsed.wrong.has(key.path));
  const complaints = [
    ...parsed.complaints,
    ...(scope === 'whole' ? missing.map(missingComplaint) : []),
    ...(parsed.complaints.length === 0 ? ruleComplaints(definition, config, settings) : []),
    ...restartComplaints(definition.daemon, running, known),
  ];
  if (complaints.length > 0)
    throw new UserError('invalid', listComplaints(file?.name ?? `weft ${definition.daemon}`, complaints));
  return { settings, config, missing };
}

function missingComplaint({ path, 'x-option': option = '' }: ConfigKey): Complaint {
  const [flag] = option.split(' ');
  return { line: 1, column: 1, message: `"${path}" is missing; write it here, or give ${flag}` };
}

function ruleComplaints<C>({ rules }: ConfigDefinition<C>, config: C, settings: readonly Setting[]): Complaint[] {
  return rules.flatMap(({ key, message }) => {
    const wrong = message(config);
    const place = settings.find((setting) => setting.key.path === key)?.place ?? { line: 1, column: 1 };
    return wrong === undefined ? [] : [{ line: place.line, column: place.column, message: wrong }];
  });
}
