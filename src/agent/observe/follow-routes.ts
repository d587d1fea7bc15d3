import type { FastifyInstance } from 'fastify';
import type { Streams } from '../../admin/stream-server.ts';
import { UserError } from '../../base/errors.ts';
import { wallNanoseconds } from '../../base/wall-time.ts';
import type { Agent } from '../agent.ts';
import { requirePort } from '../require-port.ts';
import { followDrops } from './follow-drops.ts';
import { followPackets } from './follow-packets.ts';

/** Drops that a stream tells one by one in a second, unless asked for more or fewer. */
const DEFAULT_RATE = 100;
const MAX_RATE = 10_000;
/** Streams of packets at once: each tells every packet. */
export const MAX_PACKET_STREAMS = 4;
/** Ports that one stream shows. */
const MAX_PORTS = 64;
/** As much as any tool keeps of a packet. */
const MAX_SNAP_BYTES = 262_144;

const PORT_NAME = { type: 'string', minLength: 1, maxLength: 64 };

const DROPS_QUERY = {
  querystring: {
    type: 'object',
    additionalProperties: false,
    properties: { rate: { type: 'integer', minimum: 1, maximum: MAX_RATE }, port: PORT_NAME },
  },
};

const PACKETS_QUERY = {
  querystring: {
    type: 'object',
    additionalProperties: false,
    properties: {
      port: { type: 'array', maxItems: MAX_PORTS, items: PORT_NAME },
      underlay: { type: 'boolean' },
      snap: { type: 'integer', minimum: 1, maximum: MAX_SNAP_BYTES },
    },
  },
};

interface PacketsQuery {
  readonly port?: readonly string[];
  readonly underlay?: boolean;
  readonly snap?: number;
}

/** The streams of an agent. */
export function followRoutes(app: FastifyInstance, streams: Streams, agent: Agent): void {
  let packetStreams = 0;
  app.get<{ Querystring: { rate?: number; port?: string } }>(
    '/v1/follow/drops',
    { schema: DROPS_QUERY },
    ({ query }, reply) => {
      const port = query.port === undefined ? undefined : requirePort(agent, query.port);
      const options = { rate: query.rate ?? DEFAULT_RATE, port, wallTime: wallNanoseconds };
      streams.serve(reply, (send) => followDrops(agent, options, send));
    },
  );
  app.get<{ Querystring: PacketsQuery }>('/v1/follow/packets', { schema: PACKETS_QUERY }, ({ query }, reply) => {
    const { port = [], underlay = false, snap: snapLength = MAX_SNAP_BYTES } = query;
    if (port.length === 0 && !underlay)
      throw new UserError('invalid', 'nothing to follow', 'give `port` or `underlay`');
    const ports = new Set(port.map((name) => requirePort(agent, name)));
    const options = { ports, underlay, snapLength, wallTime: wallNanoseconds };
    streams.serve(reply, (send) => {
      if (packetStreams >= MAX_PACKET_STREAMS) throw tooManyPacketStreams();
      const stop = followPackets(agent, options, send);
      packetStreams++;
      return () => {
        packetStreams--;
        stop();
      };
    });
  });
}

function tooManyPacketStreams(): UserError {
  return new UserError('limit', `${MAX_PACKET_STREAMS} captures are open on this host`, 'end another capture');
}
