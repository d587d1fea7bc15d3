/** One of each document of the admin sockets' streams, for the manual. */
import type {
  AliveDocument,
  DropDocument,
  LostDocument,
  PacketDocument,
  SuppressedDocument,
} from '../../../src/admin/stream-documents.ts';
import { EVENT } from './sample-documents.ts';
import { TRACE, TRACE_END, TRACE_START } from './sample-traces.ts';

export const DROP: DropDocument = {
  schema: 'netweft.drop/v1',
  time: '2026-11-20T10:00:00.123456789Z',
  port: 'a30',
  flow: { source: '10.9.9.9', destination: '10.1.2.50', protocol: 17, sourcePort: 1000, destinationPort: 2000 },
  verdict: 'drop',
  reason: 'spoofed-source',
  meaning: 'a guest sent from an address that its port does not have',
  sourceGni: 1001,
  record: { name: 'port a30', generation: '5b1f0c3e9a7d4420:17' },
};

export const SUPPRESSED: SuppressedDocument = {
  schema: 'netweft.suppressed/v1',
  time: '2026-11-20T10:00:01.000000000Z',
  reasons: [
    { reason: 'spoofed-source', packets: 812 },
    { reason: 'no-subnet', packets: 3 },
  ],
};

export const PACKET: PacketDocument = {
  schema: 'netweft.packet/v1',
  side: 'underlay',
  direction: 'out',
  endpoint: '198.18.0.12:7790',
  time: '2026-11-20T10:00:00.223456789Z',
  port: 'a30',
  flow: { source: '10.1.2.30', destination: '10.1.2.50', protocol: 1 },
  verdict: 'send',
  to: 'y',
  sourceGni: 1001,
  destinationGni: 1001,
  agreement: 1,
  framework: 'udp/2.0',
  record: { name: 'mapping 1001/10.1.2.50', generation: '5b1f0c3e9a7d4420:12' },
  length: 100,
  bytes: 'AgAAEAAAAQAAAAPpAAAD6Q==',
};

export const LOST: LostDocument = { schema: 'netweft.lost/v1', lost: 12 };
export const ALIVE: AliveDocument = { schema: 'netweft.alive/v1' };

/** In the order in which the manual shows them. */
export const STREAM_SAMPLES = [DROP, SUPPRESSED, PACKET, TRACE_START, TRACE, TRACE_END, EVENT, LOST, ALIVE] as const;
