/** The kinds of keys that configuration files are made of. */
import Type, { type TSchema } from 'typebox';
import type { KeyNotes } from './config-keys.ts';

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

/** The path of a Unix socket. */
export function socketPath(notes: Parameters<typeof path>[0]) {
  return Type.String({
    ...path(notes),
    maxLength: MAX_SOCKET_PATH,
    description: `an absolute path of at most ${MAX_SOCKET_PATH} bytes`,
  });
}

export function metricsKey() {
  return Type.Optional(
    Type.String({
      pattern: `^(unix:/[^\\u0000]{0,${MAX_SOCKET_PATH - 1}}|127(\\.${OCTET}){3}:${PORT})$`,
      title: 'where it serves metrics; without it nowhere',
      description:
        'unix:/PATH or a loopback address with its port, such as 127.0.0.1:9790, since whoever reaches metrics may read them',
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
