import { expect } from 'vitest';
import type { EventDocument } from '../../src/admin/event-documents.ts';
import { EVENTS, isEventName } from '../../src/events/events.ts';

const COMMON = ['schema', 'sequence', 'time', 'daemon', 'event'];

/** An event and its own fields, without what says when and where it was. */
export function essenceOf(event: EventDocument): Record<string, unknown> {
  const entries = Object.entries(event).filter(([name]) => name === 'event' || !COMMON.includes(name));
  return Object.fromEntries(entries.filter(([name]) => !(name === 'host' && event.daemon === 'agent')));
}

/** Each event is of the list, of a daemon that may have it, with all its fields and no others. */
export function expectListed(events: readonly EventDocument[]): void {
  for (const event of events) {
    if (!isEventName(event.event)) throw new Error(`${event.event} is not in the list`);
    const { fields, daemons } = EVENTS[event.event];
    const common = event.daemon === 'agent' ? [...COMMON, 'host'] : COMMON;
    const present = Object.keys(event).filter((name) => !common.includes(name));
    const missing = fields.filter((name) => !name.endsWith('?') && !present.includes(name));
    const unlisted = present.filter((name) => !fields.some((field) => field.replace('?', '') === name));
    expect({ event: event.event, missing, unlisted }).toEqual({ event: event.event, missing: [], unlisted: [] });
    expect(['both', event.daemon]).toContain(daemons);
  }
}
