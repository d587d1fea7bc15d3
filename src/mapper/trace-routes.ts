import type { FastifyInstance } from 'fastify';
import type { Streams } from '../admin/stream-server.ts';
import type { TraceRequest } from '../admin/trace-documents.ts';
import { MAX_TRACE_MS, MAX_TRACE_PACKETS } from './limits.ts';
import type { Mapper } from './mapper.ts';

const TEXT = { type: 'string', minLength: 1, maxLength: 64 };
const PORT = { type: 'integer', minimum: 0, maximum: 65_535 };

const TRACE_BODY = {
  body: {
    type: 'object',
    additionalProperties: false,
    required: ['port', 'to', 'count', 'forMs'],
    properties: {
      port: TEXT,
      to: TEXT,
      from: TEXT,
      protocol: { type: 'integer', minimum: 0, maximum: 255 },
      sourcePort: PORT,
      destinationPort: PORT,
      count: { type: 'integer', minimum: 1, maximum: MAX_TRACE_PACKETS },
      forMs: { type: 'integer', minimum: 1, maximum: MAX_TRACE_MS },
    },
  },
};

export function traceRoutes(app: FastifyInstance, streams: Streams, mapper: Mapper): void {
  app.post<{ Body: TraceRequest }>('/v1/traces', { schema: TRACE_BODY }, ({ body }, reply) => {
    streams.serve(reply, (send, end) => mapper.trace(body, send, end));
  });
}
