import type { EventDocument, EventValue } from '../admin/event-documents.ts';
import type { Clock } from '../base/clock.ts';
import { EVENTS, type EventName } from './events.ts';

/** Events that are kept; the oldest makes room. */
export const MAX_EVENTS = 1000;
/** Characters of one field; a longer one is cut. */
const MAX_VALUE_LENGTH = 400;

export interface EventJournalOptions {
  readonly clock: Clock;
  readonly daemon: EventDocument['daemon'];
  /** Of an agent: said in every one of its events. */
  readonly host?: string;
}

/** What happened lately, in order; whoever follows is told at once what happens from then on. */
export class EventJournal {
  readonly #options: EventJournalOptions;
  readonly #kept: EventDocument[] = [];
  readonly #followers = new Set<(event: EventDocument) => void>();
  #sequence = 0;

  constructor(options: EventJournalOptions) {
    this.#options = options;
  }

  get daemon(): EventDocument['daemon'] {
    return this.#options.daemon;
  }

  /** Of the newest event; 0 before the first. */
  get sequence(): number {
    return this.#sequence;
  }

  /** How many events, the first ones, are no longer kept. */
  get forgotten(): number {
    return this.#sequence - this.#kept.length;
  }

  /** Takes the fields that the list names for the event, and no others. */
  record(event: EventName, fields: object): void {
    const { clock, daemon, host } = this.#options;
    const document: EventDocument = {
      schema: 'netweft.event/v1',
      sequence: ++this.#sequence,
      time: clock.wallTime().toISOString(),
      daemon,
      ...(host === undefined ? {} : { host }),
      event,
      ...listedFields(event, new Map<string, unknown>(Object.entries(fields))),
    };
    this.#kept.push(document);
    if (this.#kept.length > MAX_EVENTS) this.#kept.shift();
    for (const tell of this.#followers) tell(document);
  }

  /** Those kept, the oldest first, after a sequence; all, where the sequence is of an earlier life of the daemon. */
  past(after = 0): readonly EventDocument[] {
    if (after > this.#sequence) return [...this.#kept];
    return this.#kept.slice(Math.max(0, after - this.forgotten));
  }

  /** Tells the past after a sequence, as `past` does, and then what happens. Returns what ends it. */
  follow(after: number, tell: (event: EventDocument) => void): () => void {
    for (const event of this.past(after)) tell(event);
    this.#followers.add(tell);
    return () => void this.#followers.delete(tell);
  }
}

function listedFields(event: EventName, fields: ReadonlyMap<string, unknown>): Record<string, EventValue> {
  const listed: Record<string, EventValue> = {};
  for (const entry of EVENTS[event].fields) {
    const name = entry.replace('?', '');
    const value = fields.get(name);
    if (value !== undefined) listed[name] = eventValue(value);
  }
  return listed;
}

function eventValue(value: unknown): EventValue {
  if (typeof value === 'number' || typeof value === 'boolean') return value;
  return String(value instanceof Error ? value.message : value).slice(0, MAX_VALUE_LENGTH);
}
