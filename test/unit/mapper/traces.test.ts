import { beforeEach, describe, expect, it } from 'vitest';
import { parseAddress } from '../../../src/base/ipv4.ts';
import { TRACE_EARLY_MS, TRACE_LEASE_MS, TRACE_MISSING_MS, TRACE_WARM_UP_MS } from '../../../src/mapper/limits.ts';
import type { FakeAgent } from './fake-agent.ts';
import type { TestCloud } from './test-cloud.ts';
import {
  begin,
  begun,
  inShort,
  isWithdrawn,
  itemOf,
  openScene,
  packetsOf,
  pass,
  received,
  report,
  sent,
  TIME_US,
} from './trace-scene.ts';

let cloud: TestCloud;
let agents: { readonly x: FakeAgent; readonly y: FakeAgent; readonly z: FakeAgent };

beforeEach(async () => {
  ({ cloud, agents } = await openScene());
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
    await pass(TRACE_MISSING_MS - 1);
    expect(packetsOf(watched).map(inShort)).toEqual(['2 delivered x y']);
    await pass(1);
    expect(packetsOf(watched).map(inShort)).toEqual(['2 delivered x y', '1 lost x y: unseen']);
  });

  it('does not call lost what the other host leaves out because there are too many', async () => {
    const watched = await begun();
    await sent(0b1000);
    await sent(0b100);
    await received(0b10000, { sampleBits: 3 });
    await received(0b100000, { sampleBits: 2 });
    await pass(TRACE_MISSING_MS);
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
    await pass(TRACE_MISSING_MS);
    expect(packetsOf(watched).map(inShort)).toEqual(['1 lost x y: unseen']);
  });

  it('forgets what the receiver saw and the sender did not send', async () => {
    const watched = await begun();
    await received(1);
    await pass(TRACE_EARLY_MS + 1);
    await sent(1);
    expect(packetsOf(watched)).toEqual([]);
  });

  it('joins what the receiver saw long before the sender could tell', async () => {
    const watched = await begun();
    await received(1);
    await pass(TRACE_MISSING_MS + 1);
    await sent(1);
    expect(packetsOf(watched).map(inShort)).toEqual(['1 delivered x y']);
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
    await cloud.clock.pass(4_999);
    expect(watched.isOver).toBe(false);
    await cloud.clock.pass(1);
    expect(watched.told.at(-1)).toMatchObject({ schema: 'netweft.trace-end/v1', why: 'time', packets: 0, seen: 0 });
    expect([watched.isOver, isWithdrawn(agents.x), isWithdrawn(agents.y)]).toEqual([true, true, true]);
  });

  it.each([1, TRACE_WARM_UP_MS])('comes after the beginning, however short the time is: %d ms', async (forMs) => {
    agents.y.takesPushes = false;
    const watched = begin({ forMs });
    await cloud.clock.pass(5_000);
    expect(watched.told.map(({ schema }) => schema)).toEqual(['netweft.trace-start/v1', 'netweft.trace-end/v1']);
    expect(watched.isOver).toBe(true);
  });

  it('comes after the beginning where all packets were seen before', async () => {
    const watched = begin({ count: 1 });
    await cloud.clock.pass(10);
    await report(agents.x, { verdict: 'drop', reason: 'mtu' });
    const schemas = ['netweft.trace-start/v1', 'netweft.trace/v1', 'netweft.trace-end/v1'];
    expect(watched.told.map(({ schema }) => schema)).toEqual(schemas);
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
