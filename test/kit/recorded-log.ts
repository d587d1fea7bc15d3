import type { Logger, LogFields } from '../../src/base/log.ts';

/** A log that a test reads back: what was said, in order. */
export interface RecordedLog extends Logger {
  readonly events: { readonly level: string; readonly event: string; readonly fields: LogFields }[];
}

export function recordedLog(): RecordedLog {
  const events: RecordedLog['events'] = [];
  const at =
    (level: string) =>
    (event: string, fields: LogFields = {}) =>
      void events.push({ level, event, fields });
  return { events, debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') };
}
