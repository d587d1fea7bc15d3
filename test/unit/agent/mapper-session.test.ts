import { describe, expect, it } from 'vitest';
import { HEARTBEAT_MS, refusal } from '../../kit/scripted-daemon.ts';
import { item, KEY, openReady, openSession, REPORT } from './mapper-session-bench.ts';

describe('registration', () => {
  it('says who the host is, and learns its session', async () => {
    const { session, daemon, clock } = openSession();
    expect(session.isSilent).toBe(true);
    session.start();
    await clock.run(50);
    expect(daemon.bodies('register')).toEqual([
      {
        kind: 'register',
        host: 'x',
        boot: '00112233aabbccdd',
        agentVersion: '0.1.0',
        frameworks: ['udp/2.0', 'udp/1.0'],
      },
    ]);
    expect(session).toMatchObject({ state: 'ready', session: 41, incarnation: daemon.incarnation, isSilent: false });
    expect(session.counters).toMatchObject({ registrations: 1, refusals: 0, badDatagrams: 0 });
  });

  it('is tried until somebody answers, and is then done once', async () => {
    const { session, daemon, clock } = openSession();
    daemon.isThere = false;
    session.start();
    await clock.run(60_000);
    expect(session.state).toBe('registering');
    daemon.isThere = true;
    await clock.run(5000);
    expect(session).toMatchObject({ state: 'ready', counters: { registrations: 1 } });
    expect(session.refusedFor).toBeUndefined();
    expect(new Set(daemon.messages.filter(({ body }) => body.kind === 'register').map(({ id }) => id)).size).toBe(1);
  });

  it.each(['unknown-host', 'unknown-session', 'busy'] as const)('is tried again after a refusal: %s', async (code) => {
    const { session, daemon, clock, log } = openSession();
    const { register } = daemon.script;
    daemon.script.register = () => refusal(code);
    session.start();
    await clock.run(2500);
    expect(daemon.bodies('register')).toHaveLength(3);
    expect(session).toMatchObject({ state: 'registering', session: 0, counters: { refusals: 3 } });
    const refused = log.events.filter(({ event }) => event === 'registration-refused');
    expect(refused, 'said once').toHaveLength(1);
    expect(session.refusedFor).toBe(refused[0]?.fields?.['reason']);
    expect(refused[0]).toMatchObject({
      level: 'warn',
      fields: { code, reason: 'as the test wants it' },
    });
    daemon.script.register = register;
    await clock.run(1500);
    expect(session).toMatchObject({ state: 'ready', counters: { registrations: 1 } });
  });
});

describe('other framework versions', () => {
  it('are offered by registering anew, and everything is asked for again', async () => {
    const { session, daemon, clock, synced, log } = await openReady();
    daemon.session = 42;
    session.offer(['udp/1.0']);
    await clock.run(50);
    expect(daemon.bodies('register').map(({ frameworks }) => frameworks)).toEqual([
      ['udp/2.0', 'udp/1.0'],
      ['udp/1.0'],
    ]);
    expect(session).toMatchObject({ state: 'ready', session: 42, frameworks: ['udp/1.0'] });
    expect(synced).toHaveLength(2);
    await clock.run(5 * HEARTBEAT_MS);
    expect(daemon.bodies('register')).toHaveLength(2);
    expect(log.events.filter(({ level }) => level === 'warn')).toEqual([]);
  });

  it('that are the same are no reason to register', async () => {
    const { session, daemon, clock } = await openReady();
    session.offer(['udp/2.0', 'udp/1.0']);
    await clock.run(50);
    expect(daemon.bodies('register')).toHaveLength(1);
    session.offer(['udp/1.0', 'udp/2.0']);
    await clock.run(50);
    expect(daemon.bodies('register')).toHaveLength(2);
  });

  it('end what is being asked, which is then asked again', async () => {
    const { session, daemon, clock } = await openReady();
    const answers: unknown[] = [];
    daemon.script.lookup = () => undefined;
    expect(session.lookup([KEY], (items) => answers.push(items))).toBe(true);
    session.offer(['udp/1.0']);
    expect(answers).toEqual([undefined]);
    expect(session.lookup([KEY], () => {})).toBe(false);
    await clock.run(50);
    expect(session.lookup([KEY], () => {})).toBe(true);
  });

  it('count once the daemon is there, whatever it was offered before', async () => {
    const { session, daemon, clock, synced } = openSession();
    daemon.isThere = false;
    session.start();
    await clock.run(3000);
    session.offer(['udp/1.0']);
    daemon.isThere = true;
    await clock.run(5000);
    expect(daemon.bodies('register').at(-1)?.frameworks).toEqual(['udp/1.0']);
    expect(session).toMatchObject({ state: 'ready', counters: { registrations: 1, refusals: 0 } });
    expect(synced).toHaveLength(1);
  });

  it('count after a refusal', async () => {
    const { session, daemon, clock } = openSession();
    const { register } = daemon.script;
    daemon.script.register = () => refusal('unknown-host');
    session.start();
    await clock.run(500);
    session.offer(['udp/1.0']);
    daemon.script.register = register;
    await clock.run(1500);
    expect(daemon.bodies('register').map(({ frameworks }) => frameworks)).toEqual([
      ['udp/2.0', 'udp/1.0'],
      ['udp/1.0'],
    ]);
    expect(session.state).toBe('ready');
  });

  it('of a session that has ended are not offered', async () => {
    const { session, daemon, clock } = await openReady();
    session.stop();
    session.offer(['udp/1.0']);
    await clock.run(5000);
    expect(daemon.bodies('register')).toHaveLength(1);
  });
});

describe('the first sync', () => {
  it('takes page after page, in order, and is complete with the last', async () => {
    const { session, daemon, clock, items, synced, happened } = openSession();
    const pages = new Map([
      ['', { items: [item(1), item(2)], next: 'two' }],
      ['two', { items: [item(3)], next: 'three' }],
      ['three', { items: [], next: 'four' }],
      ['four', { items: [item(4)], next: '' }],
    ]);
    daemon.script.sync = ({ cursor }) => ({ kind: 'sync-page', items: [], next: '', ...pages.get(cursor) });
    session.start();
    await clock.run(50);
    expect(daemon.bodies('sync').map(({ cursor }) => cursor)).toEqual(['', 'two', 'three', 'four']);
    expect(items).toEqual([1, 2, 3, 4].map(item));
    expect(synced).toEqual([[1, 2, 3, 4].map(item)]);
    expect(happened).toEqual(['items 2', 'items 1', 'items 0', 'items 1', 'synced']);
  });

  it('asks for a page again that was refused, and for no other', async () => {
    const { session, daemon, clock, synced } = openSession();
    let refusals = 1;
    daemon.script.sync = ({ cursor }) => {
      if (cursor === 'two' && refusals-- > 0) return refusal('busy');
      return { kind: 'sync-page', items: [item(cursor === '' ? 1 : 2)], next: cursor === '' ? 'two' : '' };
    };
    session.start();
    await clock.run(500);
    expect(session.state).toBe('syncing');
    await clock.run(1000);
    expect(session.state).toBe('ready');
    expect(synced).toEqual([[item(1), item(2)]]);
  });

  it('names what was pushed meanwhile', async () => {
    const { session, daemon, clock, synced, items } = openSession();
    daemon.script.sync = ({ cursor }) => {
      if (cursor === '') daemon.push(1, [item(9)]);
      return { kind: 'sync-page', items: [item(cursor === '' ? 1 : 2)], next: cursor === '' ? 'two' : '' };
    };
    session.start();
    await clock.run(50);
    expect(new Set(synced.flat())).toEqual(new Set([1, 2, 9].map(item)));
    expect(items).toContainEqual(item(9));
    daemon.push(2, [item(10)]);
    await clock.run(50);
    expect(items).toContainEqual(item(10));
    expect(synced).toHaveLength(1);
  });

  it('comes before anything is asked or reported', async () => {
    const { session, daemon, clock } = openSession();
    daemon.script.sync = () => undefined;
    session.start();
    await clock.run(50);
    expect(session.lookup([KEY], () => {})).toBe(false);
    expect(session.report(REPORT, () => {})).toBe(false);
    expect(daemon.bodies('lookup')).toEqual([]);
  });
});

describe('a session', () => {
  it('that is lost is followed by one registration, whatever else is refused', async () => {
    const { session, daemon, clock, happened, log } = await openReady();
    daemon.restart(42);
    const answers: unknown[] = [];
    for (let asked = 0; asked < 5; asked++) session.lookup([KEY], (some) => answers.push(some));
    session.report(REPORT, (isAcknowledged) => answers.push(isAcknowledged));
    await clock.run(100);
    expect(session).toMatchObject({ state: 'ready', session: 42, counters: { registrations: 2 } });
    expect(answers).toHaveLength(6);
    expect(answers.filter((answer) => answer !== undefined && answer !== false)).toEqual([]);
    expect(happened.filter((what) => what === 'synced')).toHaveLength(2);
    expect(log.events.filter(({ event }) => event === 'session-lost')).toHaveLength(1);
    for (let late = 1; late < 9; late++) daemon.say(refusal('unknown-session'), 41, late);
    for (let late = 1; late < 9; late++) daemon.say(refusal('unknown-session'), 0, late);
    await clock.run(100);
    expect(session.session).toBe(42);
  });

  it('that is lost while it syncs starts the sync anew', async () => {
    const { session, daemon, clock, synced } = openSession();
    daemon.script.sync = ({ cursor }) => {
      if (cursor === 'two') {
        daemon.restart(42);
        return refusal('unknown-session');
      }
      const isOld = daemon.session === 41;
      return { kind: 'sync-page', items: [item(isOld ? 1 : 2)], next: isOld ? 'two' : '' };
    };
    session.start();
    await clock.run(100);
    expect(session).toMatchObject({ state: 'ready', session: 42 });
    expect(synced).toEqual([[item(2)]]);
  });

  it('of another incarnation of the store says so before it brings anything', async () => {
    const { session, daemon, clock, happened } = await openReady();
    daemon.script.sync = () => ({ kind: 'sync-page', items: [item(1)], next: '' });
    daemon.restart(42);
    await clock.run(2 * HEARTBEAT_MS);
    expect(happened).toEqual(['items 0', 'synced', 'items 1', 'synced']);
    daemon.restart(43, 'fedcba9876543210');
    await clock.run(2 * HEARTBEAT_MS);
    expect(happened.slice(4)).toEqual(['new incarnation', 'items 1', 'synced']);
    expect(session.incarnation).toBe('fedcba9876543210');
  });

  it('is silent after three heartbeats without a word, stays, and goes on where it was', async () => {
    const { session, daemon, clock } = await openReady();
    await clock.run(10 * HEARTBEAT_MS);
    expect(session.isSilent).toBe(false);
    expect(daemon.bodies('heartbeat').length).toBeGreaterThanOrEqual(9);
    daemon.isThere = false;
    await clock.run(2 * HEARTBEAT_MS);
    expect(session.isSilent).toBe(false);
    await clock.run(2 * HEARTBEAT_MS);
    expect(session).toMatchObject({ isSilent: true, state: 'ready', session: 41 });
    await clock.run(60 * HEARTBEAT_MS);
    daemon.isThere = true;
    await clock.run(3 * HEARTBEAT_MS);
    expect(session).toMatchObject({ isSilent: false, session: 41, counters: { registrations: 1 } });
  });
});
