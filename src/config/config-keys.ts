import type { TSchema } from 'typebox';
import { formatEndpoint, parseEndpoint } from '../base/ipv4.ts';
import type { ServiceFolder } from './service-folders.ts';

export type ConfigValue = string | number | readonly string[];

/** What the schema of a key says of it. In JSON Schema these are annotations: validators pass over them. */
export interface KeyNotes {
  /** What it is for. */
  readonly title: string;
  /** What it must be, with unit and limits: how errors say "it must be ...". */
  readonly description: string;
  readonly default?: ConfigValue;
  /** Whether a running daemon takes a new value at SIGHUP. */
  readonly 'x-reloadable': boolean;
  /** The option that overrides it. */
  readonly 'x-option'?: string;
  /** Of an endpoint: the UDP port where none is written. */
  readonly 'x-port'?: number;
  /** The folder that replaces that of the default. */
  readonly 'x-folder'?: ServiceFolder;
}

/** One key that holds a value. */
export interface ConfigKey extends KeyNotes {
  /** Such as `log.level`. */
  readonly path: string;
  /** It has no default, and must be given. */
  readonly isRequired: boolean;
}

interface Node extends KeyNotes {
  readonly properties?: Readonly<Record<string, Node>>;
  readonly required?: readonly string[];
}

/** Every key that holds a value, in the order of the schema. */
export function configKeys(schema: TSchema): ConfigKey[] {
  return keysBelow(schema as Node, []);
}

function keysBelow({ properties = {}, required = [] }: Node, above: readonly string[]): ConfigKey[] {
  return Object.entries(properties).flatMap(([name, node]) => {
    const path = [...above, name];
    if (node.properties !== undefined) return keysBelow(node, path);
    return [{ ...node, path: path.join('.'), isRequired: required.includes(name) && node.default === undefined }];
  });
}

/** Two texts that mean the same become one: endpoints have their port. */
export function canonicalValue(key: ConfigKey, value: ConfigValue): ConfigValue {
  const port = key['x-port'];
  const parsed = port === undefined ? undefined : parseEndpoint(String(value), port);
  return parsed === undefined ? value : formatEndpoint(parsed);
}

/** A value as people read it. */
export function shownValue(value: ConfigValue | undefined): string {
  if (value === undefined) return 'nothing';
  return typeof value === 'object' ? value.join(', ') : String(value);
}
