import Type, { type TSchema } from 'typebox';
import { formatEndpoint, parseEndpoint } from '../base/ipv4.ts';
import type { ServiceFolder } from './service-folders.ts';

/** What the schema of a key says of it. In JSON Schema these are annotations: validators pass over them. */
export interface KeyNotes {
  /** What it is for. */
  readonly title: string;
  /** What it must be, with unit and limits: how errors say "it must be ...". */
  readonly description: string;
  readonly default?: unknown;
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

const OCTET = '(25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])';
const ADDRESS = `${OCTET}(\\.${OCTET}){3}`;
const PORT = '(6553[0-5]|655[0-2][0-9]|65[0-4][0-9]{2}|6[0-4][0-9]{3}|[1-5][0-9]{4}|[1-9][0-9]{0,3})';
/** Bytes of the path of a Unix socket that the kernel takes. */
const MAX_SOCKET_PATH = 107;
const MAX_PATH = 4095;

/** `address` or `address:port`; its value is written with the port. */
export function endpoint(notes: Omit<KeyNotes, 'description' | 'x-reloadable'> & { readonly 'x-port': number }) {
  return Type.String({
    pattern: `^${ADDRESS}(:${PORT})?$`,
    description: `an IPv4 address, with :PORT where it is not ${notes['x-port']}`,
    'x-reloadable': false,
    ...notes,
  });
}

export function path(notes: Omit<KeyNotes, 'description' | 'x-reloadable'>) {
  return Type.String({
    pattern: '^/[^\\u0000]*$',
    maxLength: MAX_PATH,
    description: 'an absolute path',
    'x-reloadable': false,
    ...notes,
  });
}

export function metricsKey() {
  return Type.Optional(
    Type.String({
      pattern: `^(unix:/[^\\u0000]{0,${MAX_SOCKET_PATH - 1}}|127(\\.${OCTET}){3}:${PORT})$`,
      title: 'where it serves metrics; without it nowhere',
      description: 'unix:/PATH or a loopback address with its port, such as 127.0.0.1:9790',
      'x-reloadable': false,
      'x-option': '--metrics <unix:path|address:port>',
    }),
  );
}

export interface IntegerNotes {
  readonly title: string;
  /** What is counted. */
  readonly unit: string;
  readonly minimum: number;
  readonly maximum: number;
  readonly default: number;
  readonly isReloadable: boolean;
}

export function integer({ unit, minimum, maximum, isReloadable, ...notes }: IntegerNotes) {
  return Type.Integer({
    minimum,
    maximum,
    description: `a number from ${minimum} to ${maximum} (${unit})`,
    'x-reloadable': isReloadable,
    ...notes,
  });
}

export function logKeys() {
  return section('its log, on standard output', {
    format: Type.Enum(['text', 'json'], {
      title: 'how lines are written',
      description: 'text or json',
      default: 'text',
      'x-reloadable': true,
      'x-option': '--log-format <format>',
    }),
    level: Type.Enum(['debug', 'info', 'warn', 'error'], {
      title: 'the lowest level that is written',
      description: 'debug, info, warn or error',
      default: 'info',
      'x-reloadable': true,
      'x-option': '--log-level <level>',
    }),
  });
}

/** Says which daemon the file is for, and of which format it is. */
export function formatKey<const F extends string>(format: F) {
  return Type.Literal(format, {
    title: 'which daemon the file is for, and its format',
    description: format,
    default: format,
    'x-reloadable': false,
  });
}

export function section<P extends Record<string, TSchema>>(title: string, properties: P) {
  return Type.Object(properties, { additionalProperties: false, title });
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
export function canonicalValue(key: ConfigKey, value: unknown): unknown {
  const port = key['x-port'];
  const endpoint = port === undefined ? undefined : parseEndpoint(String(value), port);
  return endpoint === undefined ? value : formatEndpoint(endpoint);
}

/** A value as people read it. */
export function shownValue(value: unknown): string {
  if (value === undefined) return 'nothing';
  return Array.isArray(value) ? value.join(', ') : String(value);
}
