import { describe, expect, test } from 'vitest';
import { agreementsOf, brief } from './items.ts';
import { TestCloud } from './test-cloud.ts';

/** The GNI of tenant a. */
const A = 1001;

describe('a restart of the daemon', () => {
  test('forgets nothing that is in the store', async () => {
    const cloud = await TestCloud.open();
    const { x, y } = await cloud.started();
    const before = await x.lookup(A, '10.1.2.50');
    await cloud.clock.pass(10);
    y.takePushed();
    await cloud.restart();
    expect(await x.ask({ kind: 'heartbeat' })).toMatchObject({ kind: 'refused', code: 'unknown-session' });
    await x.register();
    expect(agreementsOf(await x.sync())).toEqual(expect.arrayContaining(agreementsOf(before)));
    // The receiver need not be back: its agreement and its port are known.
    expect(await x.lookup(A, '10.1.2.50')).toEqual(before);
    await y.register();
    expect(y.takePushed()).toEqual([]);
    expect(cloud.mapper.get('port').map(({ state }) => state)).toEqual(Array(6).fill('up'));
  });

  test('an agreement that was not acknowledged is offered again', async () => {
    const cloud = await TestCloud.open();
    const { x, y } = await cloud.started();
    y.takesPushes = false;
    await x.lookup(A, '10.1.2.50');
    await cloud.restart();
    await x.register();
    await y.register();
    y.takesPushes = true;
    await cloud.clock.pass(2_500);
    expect(brief(y.takePushed())).toContain('agreement x>y udp/2.0');
    expect(brief(await x.lookup(A, '10.1.2.50'))).toContain(`mapping ${A} 10.1.2.50 y`);
    expect(new Set(cloud.mapper.state.agreements.all().map(({ id }) => id)).size).toBe(2);
  });

  test('leaves no timer behind', async () => {
    const cloud = await TestCloud.open();
    const { x, y } = await cloud.started();
    y.takesPushes = false;
    await x.lookup(A, '10.1.2.50');
    expect(cloud.clock.pendingTimers).toBeGreaterThan(0);
    cloud.mapper.stop();
    expect(cloud.clock.pendingTimers).toBe(0);
  });
});

describe('a restart of an agent', () => {
  test('keeps its mappings: peers are told nothing', async () => {
    const cloud = await TestCloud.open();
    const { x, y } = await cloud.started();
    await x.lookup(A, '10.1.2.50');
    await cloud.clock.pass(10);
    x.takePushed();
    y.boot = 'eeeeeeeeeeeeeeee';
    await y.start();
    await cloud.clock.pass(10);
    expect(x.takePushed()).toEqual([]);
    expect(
      agreementsOf(await y.sync())
        .map(({ sender }) => sender)
        .toSorted(),
    ).toEqual(['x', 'y']);
  });
});
