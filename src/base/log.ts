import { destination, pino, stdTimeFunctions } from 'pino';
import { DecodeError, UserError } from './errors.ts';
import { printable } from './printable.ts';
import { textValue } from './text-value.ts';

export type LogFormat = 'text' | 'json';
export type LogLevel = 'debug' | 'info' | 'warn' | 'error';

/** Lines wait in memory while standard output does not take them; past this many bytes they are dropped. */
const MAX_WAITING_BYTES = 1024 * 1024;

/** What is said about an event. The four names that every line has already cannot be used again. */
export interface LogFields {
  readonly [name: string]: unknown;
  readonly time?: never;
  readonly level?: never;
  readonly component?: never;
  readonly event?: never;
}

/** `event` is a short constant such as `port-up`; everything that varies goes into `fields`. */
export interface Logger {
  debug(event: string, fields?: LogFields): void;
  info(event: string, fields?: LogFields): void;
  warn(event: string, fields?: LogFields): void;
  error(event: string, fields?: LogFields): void;
}

/** What an operator may change while a program runs. */
export interface LogSettings {
  readonly format: LogFormat;
  /** The lowest level that is written. */
  readonly level: LogLevel;
}

export interface AdjustableLogger extends Logger {
  /** Takes effect with the next line. */
  adjust(settings: LogSettings): void;
}

export interface LogOptions extends LogSettings {
  /** Which program speaks: `agent`, `mapper`. */
  readonly component: string;
  /** Takes one line with its line end. Default: standard output, which is never waited for. */
  readonly write?: (line: string) => void;
}

/** Drops everything; for tests. */
export const silentLogger: Logger = { debug() {}, info() {}, warn() {}, error() {} };

/**
 * Writes one line per event: `text` as `TIME LEVEL component event name=value ...`, `json` as one
 * object. Times are RFC 3339, UTC. No value can break a line or control the terminal.
 */
export function createLogger(options: LogOptions): AdjustableLogger {
  const write = options.write ?? standardOutput();
  let format = formatter(options.format);
  const log = pino(
    {
      level: options.level,
      base: { component: options.component },
      messageKey: 'event',
      timestamp: stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }), log: describeErrors },
    },
    { write: (line: string) => write(format(line)) },
  );
  return {
    debug: (event, fields = {}) => log.debug(fields, event),
    info: (event, fields = {}) => log.info(fields, event),
    warn: (event, fields = {}) => log.warn(fields, event),
    error: (event, fields = {}) => log.error(fields, event),
    adjust(settings) {
      format = formatter(settings.format);
      log.level = settings.level;
    },
  };
}

function formatter(format: LogFormat): (line: string) => string {
  return format === 'json' ? jsonLine : textLine;
}

function standardOutput(): (line: string) => void {
  const output = destination({ fd: 1, sync: false, maxLength: MAX_WAITING_BYTES });
  let dropped = 0;
  output.on('drop', () => dropped++);
  output.on('error', () => {});
  return (line) => {
    output.write(line);
    if (dropped === 0) return;
    output.write(`log: ${dropped} lines dropped, standard output was not read\n`);
    dropped = 0;
  };
}

/** A refusal is told by its message; any other error is a fault of ours, told by its stack. */
function describeErrors(fields: object): Record<string, unknown> {
  const described = Object.entries(fields).map(([name, value]) => {
    if (value instanceof UserError || value instanceof DecodeError) return [name, value.message];
    return [name, value instanceof Error ? (value.stack ?? value.message) : value];
  });
  return Object.fromEntries(described);
}

function jsonLine(line: string): string {
  return `${printable(line.trimEnd())}\n`;
}

function textLine(line: string): string {
  const { time, level, component, event, ...fields } = JSON.parse(line) as Record<string, unknown>;
  const words = [time, String(level).toUpperCase().padEnd(5), component, event].map((word) => printable(String(word)));
  for (const [name, value] of Object.entries(fields)) words.push(`${printable(name)}=${textValue(value)}`);
  return `${words.join(' ')}\n`;
}
