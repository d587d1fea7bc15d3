import { describe, expect, it } from 'vitest';
import { PUSH_WINDOW } from '../../../src/control/push-sender.ts';
import { hostItem } from '../../kit/cloud-of-one.ts';
import { HEARTBEAT_MS, refusal, type ScriptedDaemon } from '../../kit/scripted-daemon.ts';
import { item, KEY, openReady, openSession, REPORT } from './mapper-session-bench.ts';

describe('pushes', () => {
  it('are applied once and in order, however they arrive, and acknowledged as far as they are complete', async () => {
    const { daemon, clock, items } = await openReady();
    for (const sequence of [1, 3, 3, 2, 1, 5, 4]) {
      daemon.push(sequence, [item(sequence)]);
      await clock.run(5);
    }
    expect(items).toEqual([1, 2, 3, 4, 5].map(item));
    expect(daemon.bodies('push-ack').map(({ sequence }) => sequence)).toEqual([1, 1, 1, 3, 3, 3, 5]);
  });

  it('are ignored where no sender would be so far ahead', async () => {
    const { daemon, clock, items } = await openReady();
    daemon.push(PUSH_WINDOW + 1, [item(1)]);
    await clock.run(5);
    expect(items).toEqual([]);
    expect(daemon.bodies('push-ack')).toEqual([{ kind: 'push-ack', sequence: 0 }]);
  });

  it('of another session change nothing and get no answer', async () => {
    const { daemon, clock, items, session } = await openReady();
    const heard = session.lastHeard;
    daemon.push(1, [item(1)], 40);
    daemon.say({ kind: 'heartbeat-ack' }, 40, 1);
    await clock.run(5);
    expect(items).toEqual([]);
    expect(daemon.bodies('push-ack')).toEqual([]);
    expect(session.lastHeard).toBe(heard);
  });

  it('of no session, and answers that nobody asked for, do not tell that the daemon is there', async () => {
    const { daemon, clock, session } = await openReady();
    daemon.script.heartbeat = () => undefined;
    await clock.run(4 * HEARTBEAT_MS);
    expect(session.isSilent).toBe(true);
    for (const id of [1, 2, 7, 2 ** 32]) daemon.say(refusal('unknown-session'), 0, id);
    await clock.run(50);
    expect(session).toMatchObject({ isSilent: true, state: 'ready', session: 41 });
    expect(session.counters.otherSession).toBe(4);
  });

  it('do not tell it to one that registers either', async () => {
    const { daemon, clock, session } = openSession();
    daemon.script.register = () => undefined;
    session.start();
    await clock.run(50);
    for (const id of [1, 2, 7, 2 ** 32]) daemon.say(refusal('in-use'), 0, id);
    await clock.run(50);
    expect(session).toMatchObject({ lastHeard: undefined, state: 'registering', refusedFor: undefined });
  });

  it('count from one in a new session', async () => {
    const { daemon, clock, items } = await openReady();
    daemon.push(1, [item(1)]);
    daemon.push(2, [item(2)]);
    await clock.run(5);
    daemon.restart(42);
    await clock.run(2 * HEARTBEAT_MS);
    daemon.push(1, [item(3)]);
    await clock.run(5);
    expect(items).toEqual([1, 2, 3].map(item));
  });
});

describe('requests', () => {
  it('bring their answer once', async () => {
    const { session, daemon, clock } = await openReady();
    daemon.script.lookup = () => ({ kind: 'lookup-answer', items: [hostItem('y', '198.18.0.12')] });
    const answers: unknown[] = [];
    expect(session.lookup([KEY], (items) => answers.push(items))).toBe(true);
    expect(session.report(REPORT, (isAcknowledged) => answers.push(isAcknowledged))).toBe(true);
    await clock.run(3000);
    expect(answers).toEqual([[hostItem('y', '198.18.0.12')], true]);
    expect(daemon.bodies('lookup')).toEqual([{ kind: 'lookup', keys: [KEY] }]);
    expect(daemon.bodies('report')).toEqual([REPORT]);
  });

  it('that are refused bring nothing, and leave the session as it is', async () => {
    const { session, daemon, clock } = await openReady();
    daemon.script.lookup = () => refusal('busy');
    daemon.script.report = () => refusal('invalid');
    const answers: unknown[] = [];
    session.lookup([KEY], (items) => answers.push(items));
    session.report(REPORT, (isAcknowledged) => answers.push(isAcknowledged));
    await clock.run(100);
    expect(answers).toEqual([undefined, false]);
    expect(session).toMatchObject({ state: 'ready', session: 41 });
  });
});

it('what is no message of this protocol is counted and nothing else', async () => {
  const { session, daemon, clock, items } = await openReady();
  const { datagramsIn } = session.counters;
  const heard = session.lastHeard;
  const datagrams = [[], [0x57], [0x57, 0, 0xff, 0xff], [0x58, 0, 8, 1], [0x57, 1, 8, 1]];
  datagrams.push(Array.from({ length: 1300 }, () => 0x57));
  for (const bytes of datagrams) daemon.sayBytes(Uint8Array.from(bytes));
  await clock.run(50);
  expect(session.counters).toMatchObject({
    badDatagrams: datagrams.length,
    datagramsIn: datagramsIn + datagrams.length,
  });
  expect(session.lastHeard).toBe(heard);
  expect(items).toEqual([]);
});

describe('a session that is stopped', () => {
  it.each([
    ['while it registers', 0, (daemon: ScriptedDaemon) => (daemon.isThere = false)],
    [
      'while it waits after a refusal',
      500,
      (daemon: ScriptedDaemon) => (daemon.script.register = () => refusal('in-use')),
    ],
    ['while it syncs', 50, (daemon: ScriptedDaemon) => (daemon.script.sync = () => undefined)],
    ['between heartbeats', 500, () => {}],
    ['during a heartbeat', 1500, (daemon: ScriptedDaemon) => (daemon.script.heartbeat = () => undefined)],
  ])('leaves no timer and says nothing more: %s', async (_, ranMs, prepare) => {
    const { session, daemon, clock } = openSession();
    prepare(daemon);
    session.start();
    await clock.run(ranMs);
    session.stop();
    daemon.push(1, [item(1)]);
    await clock.run(5);
    expect(clock.pendingTimers).toBe(0);
    const said = daemon.messages.length;
    expect(session.lookup([KEY], () => {})).toBe(false);
    expect(session.report(REPORT, () => {})).toBe(false);
    await clock.run(60_000);
    expect(daemon.messages).toHaveLength(said);
  });

  it('ends what was asked', async () => {
    const { session, daemon, clock } = await openReady();
    daemon.script.lookup = () => undefined;
    const answers: unknown[] = [];
    session.lookup([KEY], (items) => answers.push(items));
    session.stop();
    expect(answers).toEqual([undefined]);
    await clock.run(10);
    expect(clock.pendingTimers).toBe(0);
  });
});
