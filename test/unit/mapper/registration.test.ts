import { describe, expect, test } from 'vitest';
import { brief } from './items.ts';
import { changed, TestCloud } from './test-cloud.ts';

describe('registration', () => {
  test('of a host with a record', async () => {
    const cloud = await TestCloud.open();
    const x = cloud.agent('x', '198.18.0.11');
    expect(await x.register()).toMatchObject({
      kind: 'registered',
      incarnation: cloud.store.incarnation,
      heartbeatMs: 1000,
    });
    expect(x.session).toBeGreaterThan(0);
    expect(cloud.mapper.status().hosts.map(({ name, state }) => [name, state])).toEqual([
      ['x', 'up'],
      ['y', 'absent'],
      ['z', 'absent'],
    ]);
  });

  test('of a host without one is refused with a way out', async () => {
    const cloud = await TestCloud.open();
    const answer = await cloud.agent('w', '198.18.0.14').register();
    expect(answer).toMatchObject({ kind: 'refused', code: 'unknown-host' });
    expect(answer).toHaveProperty('reason', expect.stringMatching(/no host w .* apply a record .*--host/));
  });

  test('sent twice is one session, and a late duplicate does not disturb the next one', async () => {
    const cloud = await TestCloud.open();
    const x = cloud.agent('x', '198.18.0.11');
    await x.register();
    const { host, boot, frameworks, session } = x;
    const again = await x.ask({ kind: 'register', host, boot, agentVersion: '0.1.0', frameworks }, 0, 1);
    expect(again).toMatchObject({ kind: 'registered', session });
    await x.register();
    expect(x.session).not.toBe(session);
    x.answers.clear();
    expect(await x.ask({ kind: 'register', host, boot, agentVersion: '0.1.0', frameworks }, 0, 1)).toBeUndefined();
    expect(await x.ask({ kind: 'heartbeat' })).toEqual({ kind: 'heartbeat-ack' });
  });

  test('a new boot replaces the old one, which cannot come back while the new one lives', async () => {
    const cloud = await TestCloud.open();
    const old = cloud.agent('x', '198.18.0.11');
    await old.register();
    const next = cloud.agent('x', '198.18.0.99');
    next.boot = 'ffffffffffffffff';
    await next.register();
    expect(await old.ask({ kind: 'heartbeat' })).toMatchObject({ kind: 'refused', code: 'unknown-session' });
    const refused = await old.register();
    expect(refused).toMatchObject({ kind: 'refused', code: 'in-use' });
    expect(refused).toHaveProperty(
      'reason',
      expect.stringMatching(/another agent registered as host x.*198\.18\.0\.99.*stop one/),
    );
    expect(await next.ask({ kind: 'heartbeat' })).toEqual({ kind: 'heartbeat-ack' });
    await cloud.clock.pass(6_000);
    expect(await old.register()).toMatchObject({ kind: 'registered' });
  });

  test('an agent that moved to another endpoint goes on in its session', async () => {
    const cloud = await TestCloud.open();
    const x = cloud.agent('x', '198.18.0.11');
    await x.start();
    const moved = cloud.agent('x', '198.18.0.77');
    moved.session = x.session;
    expect(await moved.ask({ kind: 'heartbeat' }, x.session, 50)).toEqual({ kind: 'heartbeat-ack' });
    await cloud.mapper.apply([changed('port', 'a30', { device: 'other0' })]);
    await cloud.clock.pass(10);
    expect(brief(moved.takePushed())).toEqual(['port a30']);
    expect(x.takePushed()).toEqual([]);
  });

  test('a forged request with an id far ahead is refused, and the agent goes on', async () => {
    const cloud = await TestCloud.open();
    const x = cloud.agent('x', '198.18.0.11');
    await x.start();
    const stranger = cloud.agent('x', '198.18.0.99');
    for (const id of [100_000, 2 ** 32]) {
      const answer = await stranger.ask({ kind: 'heartbeat' }, x.session, id);
      expect(answer).toMatchObject({ kind: 'refused', code: 'unknown-session' });
    }
    const { session } = x;
    expect(await x.ask({ kind: 'heartbeat' })).toEqual({ kind: 'heartbeat-ack' });
    expect(cloud.mapper.hostState('x')).toBe('up');
    expect(x.session).toBe(session);
  });

  test('an agent whose ids were left behind by forged ones is told to begin a new session', async () => {
    const cloud = await TestCloud.open();
    const x = cloud.agent('x', '198.18.0.11');
    await x.start();
    const stranger = cloud.agent('x', '198.18.0.99');
    for (let id = x.nextId; id < x.nextId + 200; id += 50) await stranger.ask({ kind: 'heartbeat' }, x.session, id);
    expect(await x.ask({ kind: 'heartbeat' }, x.session, x.nextId + 1)).toMatchObject({ code: 'unknown-session' });
    await x.start();
    expect(await x.ask({ kind: 'heartbeat' })).toEqual({ kind: 'heartbeat-ack' });
  });

  test('a session lasts through a stall of the daemon if its agent spoke meanwhile', async () => {
    const cloud = await TestCloud.open();
    const x = cloud.agent('x', '198.18.0.11');
    const y = cloud.agent('y', '198.18.0.12');
    await x.register();
    await y.register();
    cloud.clock.stall(20_000);
    await cloud.clock.pass(0);
    // Read from the socket after the timers ran.
    expect(await x.ask({ kind: 'heartbeat' })).toEqual({ kind: 'heartbeat-ack' });
    await cloud.clock.pass(300);
    expect(cloud.mapper.status().hosts.map(({ state }) => state)).toEqual(['up', 'silent', 'absent']);
  });

  test('a session ends after five seconds of silence, and lasts with heartbeats', async () => {
    const cloud = await TestCloud.open();
    const x = cloud.agent('x', '198.18.0.11');
    const y = cloud.agent('y', '198.18.0.12');
    await x.register();
    await y.register();
    for (let second = 0; second < 10; second++) {
      await cloud.clock.pass(1_000);
      await x.ask({ kind: 'heartbeat' });
    }
    expect(cloud.mapper.status().hosts.map(({ state }) => state)).toEqual(['up', 'silent', 'absent']);
    expect(await y.ask({ kind: 'heartbeat' })).toMatchObject({ kind: 'refused', code: 'unknown-session' });
  });
});
