import type { Place } from '../model/line-starts.ts';
import type { ConfigKey, ConfigValue } from './config-keys.ts';
import type { FileValue } from './parse-config.ts';
import { type Environment, inServiceFolder } from './service-folders.ts';

/** Where a value comes from, the strongest first; `none`: there is none. */
export type SettingSource = 'option' | 'file' | 'environment' | 'default' | 'none';

/** A key with the value that counts. */
export interface Setting {
  readonly key: ConfigKey;
  readonly value: ConfigValue | undefined;
  readonly source: SettingSource;
  /** In the file, where the value comes from there. */
  readonly place: Place | undefined;
}

export interface Sources {
  /** By the path of the key. */
  readonly options: ReadonlyMap<string, ConfigValue>;
  readonly file: ReadonlyMap<string, FileValue>;
  readonly environment: Environment;
}

/** One setting for each key, in their order. */
export function combine(keys: readonly ConfigKey[], sources: Sources): Setting[] {
  return keys.map((key) => settingOf(key, sources));
}

/** The values as the schema has them: `log.level` is `level` of `log`. Keys without a value are absent. */
export function configOf(settings: readonly Setting[]): object {
  const config: Record<string, unknown> = {};
  for (const { key, value } of settings) {
    if (value === undefined) continue;
    const names = key.path.split('.');
    const last = names.pop() ?? '';
    sectionOf(config, names)[last] = value;
  }
  return config;
}

/** The section within sections of these names, made where it is not there yet. */
function sectionOf(config: Record<string, unknown>, names: readonly string[]): Record<string, unknown> {
  let section = config;
  for (const name of names) {
    section[name] ??= {};
    section = section[name] as Record<string, unknown>;
  }
  return section;
}

function settingOf(key: ConfigKey, { options, file, environment }: Sources): Setting {
  const option = options.get(key.path);
  const written = file.get(key.path);
  if (option !== undefined) return { key, value: option, source: 'option', place: undefined };
  if (written !== undefined) return { key, value: written.value, source: 'file', place: written };
  const { 'x-folder': folder, default: usual } = key;
  const served = folder && inServiceFolder(environment, folder, String(usual));
  if (served !== undefined) return { key, value: served, source: 'environment', place: undefined };
  return { key, value: usual, source: usual === undefined ? 'none' : 'default', place: undefined };
}
