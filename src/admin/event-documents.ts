/** What the admin socket says of events: see `docs/events.md` for the list. */

export type EventValue = string | number | boolean;

/** One event, as JSON lines have it: its fields stand beside what every event has. */
export interface EventDocument {
  readonly schema: 'netweft.event/v1';
  /** Counts up from 1 with each start of the daemon, without gaps. */
  readonly sequence: number;
  /** RFC 3339, UTC. */
  readonly time: string;
  readonly daemon: 'mapper' | 'agent';
  readonly event: string;
  readonly [field: string]: EventValue;
}

/** GET /v1/events?after=SEQUENCE&last=N: what is kept, the oldest first. GET /v1/follow/events?after=SEQUENCE streams them. */
export interface EventsDocument {
  readonly schema: 'netweft.events/v1';
  readonly daemon: 'mapper' | 'agent';
  /** Of the newest event; 0 where there was none. */
  readonly sequence: number;
  /** Events that are no longer kept: those up to this sequence. */
  readonly forgotten: number;
  readonly events: readonly EventDocument[];
}
