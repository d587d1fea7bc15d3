import { beforeEach, describe, expect, it } from 'vitest';
import type { StreamDocument } from '../../../src/admin/stream-documents.ts';
import type { TraceDocument, TraceRequest } from '../../../src/admin/trace-documents.ts';
import { parseAddress } from '../../../src/base/ipv4.ts';
import { versionWithFeatures } from '../../../src/control/features.ts';
import type { TraceItem, TraceReport } from '../../../src/control/trace-messages.ts';
import {
  MAX_TRACES,
  TRACE_LEASE_MS,
  TRACE_MISSING_MS,
  TRACE_RENEW_MS,
  TRACE_WARM_UP_MS,
} from '../../../src/mapper/limits.ts';
import type { FakeAgent } from './fake-agent.ts';
import { changed, TestCloud } from './test-cloud.ts';

const REQUEST: TraceRequest = { port: 'a30', to: '10.1.2.50', count: 10, forMs: 30_000 };
const TIME_US = 1_795_000_000_123_456;

let cloud: TestCloud;
let agents: { x: FakeAgent; y: FakeAgent; z: FakeAgent };

interface Watched {
  readonly told: StreamDocument[];
  stop(): void;
  isOver: boolean;
}

function begin(request: Partial<TraceRequest> = {}): Watched {
  const told: StreamDocument[] = [];
  const watched: Watched = { told, stop: () => {}, isOver: false };
  watched.stop = cloud.mapper.trace(
    { ...REQUEST, ...request },
    (document) => told.push(document),
    () => {
      watched.isOver = true;
    },
  );
  return watched;
}

/** Until agents know of it. */
async function begun(request: Partial<TraceRequest> = {}): Promise<Watched> {
  const watched = begin(request);
  await cloud.clock.pass(TRACE_WARM_UP_MS);
  return watched;
}

function itemOf(agent: FakeAgent): TraceItem | undefined {
  return agent.pushed.findLast((item) => item.kind === 'trace');
}

function isWithdrawn(agent: FakeAgent): boolean {
  return agent.pushed.findLast(({ kind }) => kind === 'trace' || kind === 'trace-gone')?.kind === 'trace-gone';
}

let reports = 0;

async function report(agent: FakeAgent, fields: Partial<TraceReport>): Promise<void> {
  await agent.ask({
    kind: 'trace-report',
    trace: itemOf(agent)?.id ?? 1,
    digest: '00000000000000a1',
    timeUs: TIME_US,
    seen: ++reports,
    sampleBits: 0,
    origin: agent === agents.x ? 'a30' : 'x',
    verdict: 'deliver',
    to: '',
    reason: '',
    record: '',
    recordRevision: 0,
    again: '',
    stages: [{ name: 'parse', verdict: 'pass', detail: 'what it is' }],
    ...fields,
  });
}

const digest = (number: number) => number.toString(16).padStart(16, '0');
const sent = (number: number) => report(agents.x, { digest: digest(number), verdict: 'send', to: 'y' });
const received = (number: number, fields: Partial<TraceReport> = {}) =>
  report(agents.y, { digest: digest(number), to: 'a50', ...fields });
const packetsOf = (watched: Watched) => watched.told.filter((one) => one.schema === 'netweft.trace/v1');
const inShort = ({ packet, result, sightings, missing }: TraceDocument) =>
  [packet, result, ...sightings.map(({ host }) => host), ...(missing ? [`${missing.host}: ${missing.why}`] : [])].join(
    ' ',
  );

beforeEach(async () => {
  cloud = await TestCloud.open();
  agents = {
    x: cloud.agent('x', '198.18.0.11'),
    y: cloud.agent('y', '198.18.0.12'),
    z: cloud.agent('z', '198.18.0.13'),
  };
  for (const agent of Object.values(agents)) {
    agent.version = versionWithFeatures('0.1.0');
    await agent.start();
  }
});

describe('a trace', () => {
  it('is told to both hosts, the receiver first, and then to who asked', async () => {
    agents.y.takesPushes = false;
    const { told } = begin({ protocol: 17, destinationPort: 53 });
    await cloud.clock.pass(50);
    expect(itemOf(agents.x)).toBeUndefined();
    agents.y.takesPushes = true;
    await cloud.clock.pass(500);
    const flow = { source: parseAddress('10.1.2.30'), destination: parseAddress('10.1.2.50') };
    const item = { kind: 'trace', gni: 1001, ...flow, protocol: 17, sourcePort: undefined, destinationPort: 53 };
    expect(itemOf(agents.x)).toMatchObject({ ...item, port: 'a30', validMs: TRACE_LEASE_MS });
    expect(itemOf(agents.y)).toMatchObject({ ...item, port: undefined, id: itemOf(agents.x)?.id });
    expect(itemOf(agents.z)).toBeUndefined();
    expect(told).toEqual([
      {
        schema: 'netweft.trace-start/v1',
        port: 'a30',
        gni: 1001,
        network: 'a-net',
        flow: { source: '10.1.2.30', destination: '10.1.2.50', protocol: 17, destinationPort: 53 },
        count: 10,
        forMs: 30_000,
        hosts: [
          { host: 'x', role: 'sender', state: 'tracing' },
          { host: 'y', role: 'receiver', state: 'tracing' },
        ],
      },
    ]);
  });

  it("joins what both hosts tell of one packet, the sender's first, whoever told first", async () => {
    const watched = await begun();
    await received(1, { timeUs: TIME_US + 200 });
    expect(packetsOf(watched)).toEqual([]);
    await sent(1);
    await sent(2);
    await received(2, { verdict: 'drop', to: '', reason: 'no-such-port', record: 'port a50', recordRevision: 7 });
    expect(packetsOf(watched).map(inShort)).toEqual(['1 delivered x y', '2 dropped x y']);
    expect(packetsOf(watched)).toMatchObject([
      {
        description: 'what it is',
        sightings: [
          { host: 'x', verdict: 'send', to: 'y', time: '2026-11-18T11:06:40.123456Z' },
          { host: 'y', verdict: 'deliver', to: 'a50', time: '2026-11-18T11:06:40.123656Z' },
        ],
      },
      {
        sightings: [
          {},
          {
            reason: 'no-such-port',
            meaning: expect.stringMatching(/./),
            record: { name: 'port a50', generation: `${cloud.store.incarnation}:7` },
            stages: [{ stage: 'parse', verdict: 'pass', detail: 'what it is' }],
          },
        ],
      },
    ]);
  });

  it('joins equal packets in order', async () => {
    const watched = await begun();
    await sent(1);
    await sent(1);
    await received(1);
    expect(packetsOf(watched).map(inShort)).toEqual(['1 delivered x y']);
    await received(1);
    expect(packetsOf(watched).map(inShort)).toEqual(['1 delivered x y', '2 delivered x y']);
  });

  it.each([
    ['drop', 'dropped', { reason: 'spoofed-source' }],
    ['reply', 'answered', { to: 'a30' }],
    ['deliver', 'delivered', { to: 'a50' }],
  ] as const)('waits for no other host after %s', async (verdict, result, fields) => {
    const watched = await begun();
    await report(agents.x, { verdict, ...fields });
    expect(packetsOf(watched).map(inShort)).toEqual([`1 ${result} x`]);
  });

  it('says after two seconds that the other host did not see a packet', async () => {
    const watched = await begun();
    await sent(1);
    await sent(2);
    await received(2);
    await cloud.clock.pass(TRACE_MISSING_MS - 1);
    expect(packetsOf(watched).map(inShort)).toEqual(['2 delivered x y']);
    await cloud.clock.pass(1);
    expect(packetsOf(watched).map(inShort)).toEqual(['2 delivered x y', '1 lost x y: unseen']);
  });

  it('does not call lost what the other host leaves out because there are too many', async () => {
    const watched = await begun();
    await sent(0b1000);
    await sent(0b100);
    await received(0b10000, { sampleBits: 3 });
    await received(0b100000, { sampleBits: 2 });
    await cloud.clock.pass(TRACE_MISSING_MS);
    expect(packetsOf(watched).map(inShort)).toEqual(['1 lost x y: unseen', '2 unknown x y: left-out']);
  });

  it('counts what went to another host, or to one that was not asked, as unknown', async () => {
    const watched = await begun();
    await report(agents.x, { verdict: 'send', to: 'z' });
    expect(packetsOf(watched).map(inShort)).toEqual(['1 unknown x z: not-asked']);
  });

  it('hears only hosts that it asked, of packets of the port and of the host of the port', async () => {
    const watched = await begun();
    const trace = itemOf(agents.x)?.id ?? 0;
    await report(agents.x, { origin: 'b30' });
    await report(agents.z, { trace, origin: 'x' });
    await report(agents.z, { trace, origin: 'a30' });
    await sent(1);
    await received(1, { origin: 'z' });
    await cloud.clock.pass(TRACE_MISSING_MS);
    expect(packetsOf(watched).map(inShort)).toEqual(['1 lost x y: unseen']);
  });

  it('forgets what the receiver saw and the sender did not send', async () => {
    const watched = await begun();
    await received(1);
    await cloud.clock.pass(TRACE_MISSING_MS + 1);
    await sent(1);
    expect(packetsOf(watched)).toEqual([]);
  });
});

describe('the end', () => {
  it('comes when so many packets were seen: the sender hears it at once, the receiver when all is told', async () => {
    const watched = await begun({ count: 2 });
    await sent(1);
    await sent(2);
    await cloud.clock.pass(10);
    expect([isWithdrawn(agents.x), isWithdrawn(agents.y)]).toEqual([true, false]);
    await sent(3);
    await received(1);
    await received(2);
    await cloud.clock.pass(10);
    expect(watched.told.at(-1)).toMatchObject({
      schema: 'netweft.trace-end/v1',
      why: 'count',
      packets: 2,
      results: { delivered: 2, dropped: 0, answered: 0, lost: 0, unknown: 0 },
    });
    expect(watched.told.filter(({ schema }) => schema === 'netweft.trace-end/v1')).toHaveLength(1);
    expect([watched.isOver, isWithdrawn(agents.y)]).toEqual([true, true]);
  });

  it('comes when the time is over', async () => {
    const watched = await begun({ forMs: 5_000 });
    await cloud.clock.pass(5_000);
    expect(watched.told.at(-1)).toMatchObject({ schema: 'netweft.trace-end/v1', why: 'time', packets: 0, seen: 0 });
    expect([watched.isOver, isWithdrawn(agents.x), isWithdrawn(agents.y)]).toEqual([true, true, true]);
  });

  it('comes when who asked goes, and leaves no timer', async () => {
    const before = cloud.clock.pendingTimers;
    const watched = await begun();
    await sent(1);
    watched.stop();
    await cloud.clock.pass(10);
    expect([isWithdrawn(agents.x), isWithdrawn(agents.y)]).toEqual([true, true]);
    expect(cloud.clock.pendingTimers).toBe(before);
    expect(watched.told.some(({ schema }) => schema === 'netweft.trace-end/v1')).toBe(false);
  });

  it('before anybody answered tells nobody any more', async () => {
    agents.y.takesPushes = false;
    begin().stop();
    agents.y.takesPushes = true;
    await cloud.clock.pass(5_000);
    expect(itemOf(agents.x)).toBeUndefined();
    expect(isWithdrawn(agents.y)).toBe(true);
  });
});

describe('agents that come and go', () => {
  const beat = async (agent: FakeAgent, seconds: number) => {
    for (let second = 0; second < seconds; second++) {
      await cloud.clock.pass(1_000);
      await agent.ask({ kind: 'heartbeat' });
    }
  };

  it('are told again and again, and after a new start', async () => {
    await begun();
    agents.x.takePushed();
    await cloud.clock.pass(TRACE_RENEW_MS);
    expect(itemOf(agents.x)).toMatchObject({ port: 'a30' });
    agents.y.boot = '00000000000000bb';
    await agents.y.start();
    agents.y.takePushed();
    await cloud.clock.pass(TRACE_RENEW_MS);
    expect(itemOf(agents.y)).toMatchObject({ port: undefined });
  });

  it('and are named where they are silent', async () => {
    const watched = await begun();
    agents.y.takesPushes = false;
    await beat(agents.x, 8);
    await sent(1);
    expect(packetsOf(watched).map(inShort)).toEqual(['1 unknown x y: silent']);
  });

  it('of a version that does not trace are not told', async () => {
    agents.y.version = '0.1.0';
    agents.y.boot = '00000000000000bb';
    await agents.y.start();
    const watched = await begun();
    await sent(1);
    expect(itemOf(agents.y)).toBeUndefined();
    expect(packetsOf(watched).map(inShort)).toEqual(['1 unknown x y: unsupported']);
    expect(watched.told[0]).toMatchObject({ hosts: [{}, { host: 'y', role: 'receiver', state: 'unsupported' }] });
  });

  it('follow a guest that moves', async () => {
    const watched = await begun();
    const before = agents.z.takePushed().length;
    await cloud.mapper.apply([changed('port', 'a50', { host: 'z', device: 'weft9' })]);
    await cloud.clock.pass(10);
    const port = agents.z.pushed.find((item) => item.kind === 'port' && item.name === 'a50');
    expect(before).toBe(0);
    await agents.z.report('a50', port !== undefined && 'revision' in port ? port.revision : 0, 'up');
    await cloud.clock.pass(TRACE_RENEW_MS);
    expect(isWithdrawn(agents.y)).toBe(true);
    await report(agents.x, { verdict: 'send', to: 'z' });
    await report(agents.z, { origin: 'x', to: 'a50' });
    expect(packetsOf(watched).map(inShort)).toEqual(['1 delivered x z']);
  });
});

describe('is refused', () => {
  const refused = (request: Partial<TraceRequest>) => expect(() => begin(request));

  it('for a port that there is not', () => {
    refused({ port: 'a99' }).toThrow(expect.objectContaining({ code: 'not-found' }));
  });

  it('for a port that is not up', async () => {
    const revision = (await agents.x.sync()).find((item) => item.kind === 'port' && item.name === 'a30');
    await agents.x.report('a30', revision !== undefined && 'revision' in revision ? revision.revision : 0, 'lost');
    refused({}).toThrow(expect.objectContaining({ code: 'conflict', message: 'port a30 is not up on host x' }));
  });

  it('for a destination outside of the network, or no address', () => {
    const outside = {
      code: 'invalid',
      message: '10.9.9.9 is in no subnet of network a-net',
      hint: 'it has 10.1.2.0/24',
    };
    refused({ to: '10.9.9.9' }).toThrow(expect.objectContaining(outside));
    refused({ to: 'a50' }).toThrow(expect.objectContaining({ code: 'invalid' }));
    refused({ from: '10.1.2.300' }).toThrow(expect.objectContaining({ code: 'invalid' }));
  });

  it('while its host is silent, or its agent does not trace', async () => {
    agents.x.version = '0.1.0';
    agents.x.boot = '00000000000000bb';
    await agents.x.start();
    refused({}).toThrow(expect.objectContaining({ code: 'unsupported', message: expect.stringContaining('0.1.0') }));
    await cloud.clock.pass(10_000);
    refused({}).toThrow(expect.objectContaining({ code: 'conflict', message: 'host x is silent' }));
  });

  it('above so many, until one ends', () => {
    const traces = Array.from({ length: MAX_TRACES }, () => begin());
    refused({}).toThrow(expect.objectContaining({ code: 'limit' }));
    traces[0]?.stop();
    begin();
  });

  it('and nobody is told', async () => {
    refused({ to: '10.9.9.9' }).toThrow();
    await cloud.clock.pass(1_000);
    expect([itemOf(agents.x), itemOf(agents.y)]).toEqual([undefined, undefined]);
  });
});

it('takes a destination that nobody has: only the sender is asked', async () => {
  const watched = await begun({ to: '10.1.2.99' });
  await report(agents.x, { verdict: 'drop', reason: 'no-such-guest' });
  expect(watched.told[0]).toMatchObject({ hosts: [{ host: 'x', role: 'sender', state: 'tracing' }] });
  expect(packetsOf(watched).map(inShort)).toEqual(['1 dropped x']);
});

it('counts reports that nobody waits for', async () => {
  await report(agents.x, { trace: 77 });
  expect(cloud.counter('traceReportsLate')).toBe(1);
});
