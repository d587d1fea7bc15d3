import type { FastifyInstance } from 'fastify';
import type { EventsDocument } from '../admin/event-documents.ts';
import type { Streams } from '../admin/stream-server.ts';
import { type EventJournal, MAX_EVENTS } from './event-journal.ts';

interface PastQuery {
  readonly after?: number;
  readonly last?: number;
}

const AFTER = { type: 'integer', minimum: 0, maximum: Number.MAX_SAFE_INTEGER };

const PAST_QUERY = {
  querystring: {
    type: 'object',
    additionalProperties: false,
    properties: { after: AFTER, last: { type: 'integer', minimum: 0, maximum: MAX_EVENTS } },
  },
};

const FOLLOW_QUERY = {
  querystring: { type: 'object', additionalProperties: false, properties: { after: AFTER } },
};

/** What a daemon's admin socket answers about its events. */
export function eventRoutes(app: FastifyInstance, streams: Streams, journal: EventJournal): void {
  app.get<{ Querystring: PastQuery }>('/v1/events', { schema: PAST_QUERY }, ({ query }): EventsDocument => {
    const { after = 0, last = MAX_EVENTS } = query;
    const { daemon, sequence, forgotten } = journal;
    const events = last === 0 ? [] : journal.past(after).slice(-last);
    return { schema: 'netweft.events/v1', daemon, sequence, forgotten, events };
  });
  app.get<{ Querystring: { after?: number } }>('/v1/follow/events', { schema: FOLLOW_QUERY }, ({ query }, reply) => {
    streams.serve(reply, (send) => journal.follow(query.after ?? 0, send));
  });
}
