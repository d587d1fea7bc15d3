/** One of each document of a trace, for the manual. */
import type { TraceDocument, TraceEndDocument, TraceStartDocument } from '../../../src/admin/trace-documents.ts';

export const TRACE_START: TraceStartDocument = {
  schema: 'netweft.trace-start/v1',
  port: 'a30',
  gni: 1001,
  network: 'a-net',
  flow: { source: '10.1.2.30', destination: '10.1.2.50', protocol: 1 },
  count: 10,
  forMs: 30_000,
  hosts: [
    { host: 'x', role: 'sender', state: 'tracing' },
    { host: 'y', role: 'receiver', state: 'tracing' },
  ],
};

export const TRACE: TraceDocument = {
  schema: 'netweft.trace/v1',
  packet: 1,
  description: 'ICMP 10.1.2.30 > 10.1.2.50 echo request id 7 ttl 64 length 84',
  result: 'dropped',
  sightings: [
    {
      host: 'x',
      time: '2026-11-20T10:00:00.123456Z',
      seen: 1,
      verdict: 'send',
      to: 'y',
      record: { name: 'mapping 1001/10.1.2.50', generation: '5b1f0c3e9a7d4420:12' },
      stages: [
        { stage: 'parse', verdict: 'pass', detail: 'ICMP 10.1.2.30 > 10.1.2.50 echo request id 7 ttl 64 length 84' },
        { stage: 'encapsulate', verdict: 'send', detail: 'udp/2.0, GNI 1001 to 1001, labels []' },
      ],
    },
    {
      host: 'y',
      time: '2026-11-20T10:00:00.123668Z',
      seen: 1,
      verdict: 'drop',
      reason: 'no-such-port',
      meaning: 'no port of this host has the destination address',
      stages: [{ stage: 'destination', verdict: 'drop', detail: 'GNI 1001 has no 10.1.2.50 on this host' }],
    },
  ],
};

export const TRACE_END: TraceEndDocument = {
  schema: 'netweft.trace-end/v1',
  why: 'time',
  packets: 1,
  results: { delivered: 0, dropped: 1, answered: 0, lost: 0, unknown: 0 },
  seen: 1,
  hosts: TRACE_START.hosts,
};
