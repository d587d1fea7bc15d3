import { describe, expect, it } from 'vitest';
import { MAX_REPORTS_ASKED, MAX_WAITING_REPORTS } from '../../../../src/agent/observe/trace-reports.ts';
import { openReadyAgent, udpPacket } from '../../../kit/agent-bench.ts';
import { GNI_A } from '../../../kit/cloud-of-one.ts';
import { refusal } from '../../../kit/scripted-daemon.ts';
import { datagram, FROM_50, openTracing, TO_50 } from './trace-bench.ts';

describe('while more reports wait than may be under way', () => {
  async function openBusy() {
    const opened = await openTracing({ ...TO_50, validMs: 60_000 });
    opened.daemon.script['trace-report'] = () => undefined;
    for (let sent = 0; sent < 3 * MAX_REPORTS_ASKED; sent++) {
      await opened.guestSends(udpPacket('10.1.2.30', '10.1.2.50', 4000 + sent));
    }
    return opened;
  }

  it('a daemon that starts anew is registered with again, and hears the rest in the new session', async () => {
    const { agent, daemon, clock } = await openBusy();
    daemon.restart(42);
    daemon.script['trace-report'] = () => ({ kind: 'trace-report-ack' });
    daemon.say(
      refusal('unknown-session'),
      41,
      daemon.messages.findLast(({ body }) => body.kind === 'trace-report')?.id,
    );
    await clock.run(5_000);
    expect(agent.session).toMatchObject({ state: 'ready', session: 42 });
    const anew = daemon.messages.filter(({ session, body }) => session === 42 && body.kind === 'trace-report');
    expect(anew).toHaveLength(2 * MAX_REPORTS_ASKED);
  });

  it('other frameworks can be offered', async () => {
    const { agent, daemon, clock } = await openBusy();
    agent.session.offer(['udp/1.0']);
    daemon.script['trace-report'] = () => ({ kind: 'trace-report-ack' });
    await clock.run(5_000);
    expect(daemon.bodies('register').at(-1)).toMatchObject({ frameworks: ['udp/1.0'] });
    expect(agent.session.state).toBe('ready');
  });
});

describe('the state of a trace', () => {
  const send = async (guestSends: (packet: Uint8Array) => Promise<unknown>, count: number) => {
    for (let sent = 0; sent < count; sent++) await guestSends(udpPacket('10.1.2.30', '10.1.2.50', 5000 + sent));
  };

  it('is told when the sampler knows the flow, and again and again until the trace ends', async () => {
    const { daemon, clock } = await openReadyAgent();
    daemon.push(1, [TO_50]);
    await clock.run(40);
    expect(daemon.bodies('trace-state')).toEqual([]);
    await clock.run(60);
    const upToDate = { kind: 'trace-state', trace: 5, isRefused: false, untoldMs: 0, leftOut: 0, sampleBits: 0 };
    expect(daemon.bodies('trace-state')).toEqual([upToDate]);
    await clock.run(2_000);
    const told = daemon.bodies('trace-state').length;
    expect(told).toBeGreaterThanOrEqual(5);
    daemon.push(2, [{ kind: 'trace-gone', id: 5 }]);
    await clock.run(2_000);
    expect(daemon.bodies('trace-state')).toHaveLength(told);
  });

  it('says how long a report waits, and nothing of it once it is told', async () => {
    const { daemon, clock, guestSends } = await openTracing(TO_50);
    daemon.script['trace-report'] = () => undefined;
    await send(guestSends, 1);
    await clock.run(1_000);
    expect(daemon.bodies('trace-state').at(-1)?.untoldMs).toBeGreaterThan(500);
    daemon.script['trace-report'] = () => ({ kind: 'trace-report-ack' });
    await clock.run(3_000);
    expect(daemon.bodies('trace-state').at(-1)).toMatchObject({ untoldMs: 0, leftOut: 0 });
  });

  it('counts what was left out because too many waited, and what a session that ended took with it', async () => {
    const { agent, daemon, clock, guestSends } = await openTracing({ ...TO_50, validMs: 60_000 });
    daemon.script['trace-report'] = () => undefined;
    await send(guestSends, MAX_WAITING_REPORTS + MAX_REPORTS_ASKED + 3);
    await clock.run(1_000);
    const leftOut = agent.traces.reports.counters.leftOut;
    expect(leftOut).toBeGreaterThan(0);
    expect(daemon.bodies('trace-state').at(-1)).toMatchObject({ leftOut });
    daemon.script['trace-report'] = () => ({ kind: 'trace-report-ack' });
    agent.session.offer(['udp/1.0']);
    await clock.run(5_000);
    expect(daemon.bodies('trace-state').at(-1)).toMatchObject({ leftOut: leftOut + MAX_REPORTS_ASKED, untoldMs: 0 });
  });

  it('is told anew only after the one before was taken', async () => {
    const { daemon, clock } = await openTracing({ ...TO_50, validMs: 60_000 });
    daemon.script['trace-state'] = () => undefined;
    await clock.run(5_000);
    const ids = daemon.messages.flatMap(({ id, body }) => (body.kind === 'trace-state' ? [id] : []));
    expect(new Set(ids).size).toBe(2);
  });

  it('says that packets are chosen, until no more are', async () => {
    const { daemon, clock, hostSends } = await openTracing(FROM_50);
    const other = (at: number) => datagram(GNI_A, 2, udpPacket('10.1.2.50', '10.1.2.30', 1000 + at));
    for (let ms = 0; ms < 100; ms++) {
      for (let sent = 0; sent < 5; sent++) hostSends('198.18.0.12', other(5 * ms + sent));
      await clock.run(1);
    }
    await clock.run(400);
    expect(Math.max(...daemon.bodies('trace-state').map(({ sampleBits }) => sampleBits))).toBeGreaterThan(2);
    await clock.run(800);
    expect(daemon.bodies('trace-state').at(-1)).toMatchObject({ sampleBits: 0 });
  });
});
