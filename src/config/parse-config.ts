import { UserError } from '../base/errors.ts';
import { type Complaint, listComplaints } from '../model/complaint.ts';
import type { Place } from '../model/line-starts.ts';
import { YamlDocument } from '../model/yaml-document.ts';
import type { ConfigDefinition, ConfiguredDaemon } from './config-definition.ts';
import { type ConfigKey, type ConfigValue, canonicalValue } from './config-keys.ts';

export interface FileValue extends Place {
  readonly value: ConfigValue;
}

/** What a file says, right or wrong. */
export interface ParsedConfig {
  /** By the path of the key; none for a key that is wrong. */
  readonly values: ReadonlyMap<string, FileValue>;
  /** Paths of keys of which it is not known what the file says. */
  readonly wrong: ReadonlySet<string>;
  readonly complaints: readonly Complaint[];
}

const FORMATS: Readonly<Record<ConfiguredDaemon, string>> = {
  agent: 'netweft.agent/v1',
  mapper: 'netweft.mapper/v1',
};

/** Which daemon the file says that it is for. Throws UserError where it does not, or is no YAML. */
export function daemonOfConfig(fileName: string, text: string): ConfiguredDaemon {
  const document = new YamlDocument(text);
  if (!document.isWellFormed) throw new UserError('invalid', listComplaints(fileName, document.syntaxComplaints));
  const format = formatOf(contentOf(document));
  const daemon = (Object.keys(FORMATS) as ConfiguredDaemon[]).find((name) => FORMATS[name] === format);
  if (daemon !== undefined) return daemon;
  throw new UserError(
    'invalid',
    `${fileName}:1:1: the file does not say which daemon it is for`,
    `write "config: ${FORMATS.agent}" or "config: ${FORMATS.mapper}" first, or give --for`,
  );
}

/** Reads the text of a file. Never throws; rules between keys are not looked at. */
export function parseConfig<C>(definition: ConfigDefinition<C>, text: string): ParsedConfig {
  const document = new YamlDocument(text);
  if (!document.isWellFormed) return unreadable(definition, document.syntaxComplaints);
  const content = contentOf(document);
  const placeAt = (path: readonly string[]) => document.placeAt(document.root, path);
  const other = otherDaemon(definition.daemon, content);
  if (other !== undefined) return unreadable(definition, [{ ...placeAt(['config']), message: other }]);
  const problems = definition.problems(content);
  const isWrong = ({ path }: ConfigKey) => problems.some((problem) => concerns(problem.path, path.split('.')));
  const wrong = new Set(definition.keys.filter(isWrong).map(({ path }) => path));
  return {
    complaints: [...document.syntaxComplaints, ...problems.map(({ path, message }) => ({ ...placeAt(path), message }))],
    wrong,
    values: new Map(definition.keys.filter(({ path }) => !wrong.has(path)).flatMap(entryOf)),
  };

  function entryOf(key: ConfigKey): [string, FileValue][] {
    const path = key.path.split('.');
    // What its schema takes is one.
    const value = valueAt(content, path) as ConfigValue | undefined;
    return value === undefined ? [] : [[key.path, { ...placeAt(path), value: canonicalValue(key, value) }]];
  }
}

function unreadable<C>({ keys }: ConfigDefinition<C>, complaints: readonly Complaint[]): ParsedConfig {
  return { values: new Map(), wrong: new Set(keys.map(({ path }) => path)), complaints };
}

/** A file without any key is one that leaves everything as it is by default. */
function contentOf(document: YamlDocument): unknown {
  return document.isEmpty(document.root) ? {} : document.plain(document.root);
}

function formatOf(content: unknown): unknown {
  return (content as { config?: unknown }).config;
}

function otherDaemon(daemon: ConfiguredDaemon, content: unknown): string | undefined {
  const other = daemon === 'agent' ? 'mapper' : 'agent';
  if (formatOf(content) !== FORMATS[other]) return undefined;
  return `this file is for weft ${other} ("config" is ${FORMATS[other]}); give it to that, or write "config: ${FORMATS[daemon]}"`;
}

/** One of the two is the other, or above it. */
function concerns(a: readonly string[], b: readonly string[]): boolean {
  return a.slice(0, b.length).every((step, index) => step === b[index]);
}

function valueAt(content: unknown, path: readonly string[]): unknown {
  let value = content;
  for (const step of path) value = (value as Readonly<Record<string, unknown>> | undefined)?.[step];
  return value;
}
