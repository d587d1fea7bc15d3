import type { LogFields, Logger } from '../base/log.ts';
import type { EventJournal } from './event-journal.ts';
import { isEventName } from './events.ts';

/** A log that also writes what is an event of the list into the journal, whatever level is logged. */
export function journalLogger(log: Logger, journal: EventJournal): Logger {
  const both =
    (level: keyof Logger) =>
    (event: string, fields: LogFields = {}) => {
      if (isEventName(event)) journal.record(event, fields);
      log[level](event, fields);
    };
  return { debug: both('debug'), info: both('info'), warn: both('warn'), error: both('error') };
}
