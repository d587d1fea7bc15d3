import { describe, expect, it } from 'vitest';
import { MAX_REPORTS_ASKED, MAX_WAITING_REPORTS } from '../../../../src/agent/observe/trace-reports.ts';
import { MAX_HOST_TRACES, MAX_WATCHERS } from '../../../../src/agent/observe/watchers.ts';
import { HOLD_MS } from '../../../../src/fastpath/fast-path.ts';
import { WATCH_NOTHING } from '../../../../src/fastpath/watch.ts';
import { packetDigest } from '../../../../src/packet/packet-digest.ts';
import { openReadyAgent, portItem, udpPacket } from '../../../kit/agent-bench.ts';
import { address, GNI_A, GNI_B, prefix } from '../../../kit/cloud-of-one.ts';
import { TIME, TO_50, FROM_50, guestPacket, hostPacket, datagram, openTracing } from './trace-bench.ts';

describe('the host that sends', () => {
  it('reports what became of a packet, with the stages of deciding again and the record', async () => {
    const { guestSends, reports } = await openTracing(TO_50);
    await guestSends(guestPacket);
    expect(reports()).toMatchObject([
      {
        trace: 5,
        digest: packetDigest(guestPacket),
        timeUs: Number(TIME / 1000n),
        seen: 1,
        sampleBits: 0,
        origin: 'a30',
        verdict: 'send',
        to: 'y',
        reason: '',
        record: `mapping ${GNI_A}/10.1.2.50`,
        recordRevision: 8,
        again: '',
      },
    ]);
    expect(reports()[0]?.stages.map(({ name, verdict }) => `${name} ${verdict}`)).toEqual([
      'parse pass',
      'source-check pass',
      'unicast pass',
      'subnet pass',
      'mtu pass',
      'local-delivery pass',
      'mapping pass',
      'agreement pass',
      'encapsulate send',
    ]);
  });

  it('reports the stage that dropped', async () => {
    const { guestSends, reports } = await openTracing({ ...TO_50, source: address('10.9.9.9') });
    await guestSends(udpPacket('10.9.9.9', '10.1.2.50'));
    expect(reports()).toMatchObject([{ verdict: 'drop', reason: 'spoofed-source', to: '', record: 'port a30' }]);
    expect(reports()[0]?.stages.at(-1)).toMatchObject({ name: 'source-check', verdict: 'drop' });
  });

  it('says so where it would decide otherwise by now', async () => {
    const { guestSends, reports, clock } = await openTracing({ ...TO_50, destination: address('10.1.2.99') });
    await guestSends(udpPacket('10.1.2.30', '10.1.2.99'));
    expect(reports()).toEqual([]);
    await clock.run(HOLD_MS + 2000);
    expect(reports()).toMatchObject([{ verdict: 'drop', reason: 'hold-timeout', again: 'hold', record: '' }]);
    expect(reports()[0]?.stages.at(-1)).toMatchObject({ name: 'mapping', verdict: 'hold' });
  });

  it('reports no other flow, and not what comes from other hosts', async () => {
    const { guestSends, hostSends, reports, clock } = await openTracing({ ...TO_50, sourcePort: 1000 });
    await guestSends(udpPacket('10.1.2.30', '10.1.2.50', 1001));
    await guestSends(udpPacket('10.1.2.30', '10.1.2.51'));
    hostSends('198.18.0.12', datagram(GNI_A));
    await clock.run(50);
    expect(reports()).toEqual([]);
    await guestSends(guestPacket);
    expect(reports()).toHaveLength(1);
  });

  it("never reports another tenant's packets, nor those of another port, whatever their addresses", async () => {
    const { guestSends, daemon, clock, reports } = await openTracing(TO_50);
    const twin = { name: 'b30', gni: GNI_B, network: 'b-net', device: 'tun1', namespace: 'guest-b30' };
    const lan = {
      kind: 'subnet',
      name: 'b-lan',
      revision: 9,
      gni: GNI_B,
      network: 'b-net',
      prefix: prefix('10.1.2.0/24'),
    } as const;
    daemon.push(2, [lan, portItem(twin), portItem({ name: 'a31', device: 'tun2', addresses: [address('10.1.2.31')] })]);
    await clock.run(100);
    await guestSends(guestPacket, 1);
    await guestSends(guestPacket, 2);
    expect(reports()).toEqual([]);
    await guestSends(guestPacket, 0);
    expect(reports()).toMatchObject([{ origin: 'a30' }]);
  });
});

describe('the host that others send to', () => {
  it('reports what came, and from whom', async () => {
    const { hostSends, reports, clock } = await openTracing(FROM_50);
    hostSends('198.18.0.12', datagram(GNI_A));
    await clock.run(50);
    expect(reports()).toMatchObject([
      { digest: packetDigest(hostPacket), origin: 'y', verdict: 'deliver', to: 'a30', record: 'port a30' },
    ]);
    expect(reports()[0]?.stages.map(({ name }) => name)).toEqual([
      'context',
      'parse',
      'destination',
      'mapping-check',
      'ecn',
      'deliver',
    ]);
  });

  it('reports what it drops', async () => {
    const { hostSends, reports, clock } = await openTracing(FROM_50);
    hostSends('198.18.0.12', datagram(GNI_A, 77));
    await clock.run(50);
    expect(reports()).toMatchObject([{ verdict: 'drop', reason: 'wrong-agreement' }]);
  });

  it('reports no packet of another GNI, nor one whose header does not say its GNI', async () => {
    const { hostSends, reports, clock } = await openTracing(FROM_50);
    hostSends('198.18.0.12', datagram(GNI_B));
    hostSends('198.18.0.12', Uint8Array.from([0, 1, 2, 3, ...hostPacket]));
    await clock.run(50);
    expect(reports()).toEqual([]);
  });

  it('does not report what its own ports send', async () => {
    const { guestSends, reports } = await openTracing({ ...TO_50, port: undefined });
    await guestSends(guestPacket);
    expect(reports()).toEqual([]);
  });
});

describe('a trace ends', () => {
  it('when the daemon withdraws it', async () => {
    const { agent, daemon, clock, guestSends, reports } = await openTracing(TO_50);
    daemon.push(2, [{ kind: 'trace-gone', id: 5 }]);
    await clock.run(10);
    await guestSends(guestPacket);
    expect([reports().length, agent.traces.size]).toEqual([0, 0]);
  });

  it('when the daemon speaks of it no more, and not before', async () => {
    const { agent, daemon, clock, guestSends, reports } = await openTracing(TO_50);
    await clock.run(6_000);
    daemon.push(2, [TO_50]);
    await clock.run(6_000);
    await guestSends(guestPacket);
    expect([reports().length, agent.traces.size]).toEqual([1, 1]);
    daemon.isThere = false;
    await clock.run(6_000);
    await guestSends(udpPacket('10.1.2.30', '10.1.2.50', 1002));
    daemon.isThere = true;
    await clock.run(2_000);
    expect([reports().length, agent.traces.size]).toEqual([1, 0]);
  });

  it('with the agent', async () => {
    const { agent } = await openTracing(TO_50);
    await agent.stop();
    expect(agent.traces.size).toBe(0);
  });
});

describe('reports', () => {
  it('are sent again until the daemon has them, and once it has answered no more', async () => {
    const { daemon, clock, guestSends, reports } = await openTracing(TO_50);
    daemon.script['trace-report'] = () => undefined;
    await guestSends(guestPacket);
    await clock.run(1_000);
    const sent = reports().length;
    expect(sent).toBeGreaterThan(1);
    expect(new Set(daemon.messages.flatMap(({ id, body }) => (body.kind === 'trace-report' ? [id] : []))).size).toBe(1);
    daemon.script['trace-report'] = () => ({ kind: 'trace-report-ack' });
    await clock.run(3_000);
    const all = reports().length;
    await clock.run(3_000);
    expect(reports().length).toBe(all);
  });

  it('wait while the daemon is silent, few under way and not more than so many in all', async () => {
    const { agent, daemon, clock, guestSends } = await openTracing({ ...TO_50, validMs: 60_000 });
    daemon.script['trace-report'] = () => undefined;
    for (let sent = 0; sent < MAX_WAITING_REPORTS + 20; sent++) {
      await guestSends(udpPacket('10.1.2.30', '10.1.2.50', 2000 + (sent % 8)));
    }
    const ids = new Set(daemon.messages.flatMap(({ id, body }) => (body.kind === 'trace-report' ? [id] : [])));
    expect(ids.size).toBe(MAX_REPORTS_ASKED);
    expect(agent.traces.reports.counters.leftOut).toBe(20 - MAX_REPORTS_ASKED);
    await clock.run(10);
  });

  it('of a trace that was withdrawn are not sent', async () => {
    const { daemon, clock, guestSends, reports } = await openTracing(TO_50);
    daemon.script['trace-report'] = () => undefined;
    for (let sent = 0; sent < MAX_REPORTS_ASKED + 5; sent++) {
      await guestSends(udpPacket('10.1.2.30', '10.1.2.50', 3000 + sent));
    }
    daemon.push(2, [{ kind: 'trace-gone', id: 5 }]);
    daemon.script['trace-report'] = () => ({ kind: 'trace-report-ack' });
    await clock.run(5_000);
    expect(new Set(reports().map(({ digest }) => digest)).size).toBe(MAX_REPORTS_ASKED);
  });
});

describe('limits', () => {
  it('so many traces at once, each reported by itself', async () => {
    const items = Array.from({ length: MAX_HOST_TRACES + 1 }, (_, id) => ({ ...TO_50, id: id + 1 }));
    const { agent, guestSends, reports, log } = await openTracing(...items);
    await guestSends(guestPacket);
    expect(agent.traces.size).toBe(MAX_HOST_TRACES);
    expect(new Set(reports().map(({ trace }) => trace)).size).toBe(MAX_HOST_TRACES);
    expect(log.events.filter(({ event }) => event === 'trace-not-begun')).toHaveLength(1);
  });

  it('however many streams are open, and as many streams however many traces', async () => {
    const { agent, daemon, clock } = await openReadyAgent();
    const stream = () => agent.watchers.add(WATCH_NOTHING, () => {});
    for (let open = 0; open < MAX_WATCHERS; open++) stream();
    const items = Array.from({ length: MAX_HOST_TRACES }, (_, id) => ({ ...TO_50, id: id + 1 }));
    daemon.push(1, items);
    await clock.run(10);
    expect(agent.traces.size).toBe(MAX_HOST_TRACES);
    expect(stream).toThrow(expect.objectContaining({ message: expect.stringContaining(`${MAX_WATCHERS} streams`) }));
    const flow = () => agent.watchers.addFlow(TO_50, () => {});
    expect(flow).toThrow(expect.objectContaining({ message: expect.stringContaining(`${MAX_HOST_TRACES} are`) }));
  });

  it('what is refused is said to the daemon each time, until one ends and it speaks of the trace again', async () => {
    const { agent, daemon, clock, log } = await openReadyAgent();
    const stops = Array.from({ length: MAX_HOST_TRACES }, () => agent.watchers.addFlow(TO_50, () => {}));
    daemon.push(1, [TO_50]);
    daemon.push(2, [TO_50]);
    await clock.run(10);
    const refused = { kind: 'trace-state', trace: 5, isRefused: true, untoldMs: 0, leftOut: 0, sampleBits: 0 };
    expect(daemon.bodies('trace-state')).toEqual([refused, refused]);
    expect(log.events.filter(({ event }) => event === 'trace-not-begun')).toHaveLength(1);
    expect([agent.traces.size, agent.traces.counters.refused]).toEqual([0, 1]);
    stops[0]?.();
    daemon.push(3, [TO_50]);
    await clock.run(100);
    expect(agent.traces.size).toBe(1);
    expect(daemon.bodies('trace-state').at(-1)).toMatchObject({ trace: 5, isRefused: false });
  });
});
