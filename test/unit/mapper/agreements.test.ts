import { describe, expect, test } from 'vitest';
import { openMemoryStore } from '../../../src/store/memory-store.ts';
import { agreementsOf, brief } from './items.ts';
import { settle } from './manual-clock.ts';
import { TestCloud, TWO_TENANTS } from './test-cloud.ts';

/** The GNI of tenant a. */
const A = 1001;

async function pass(turns: number): Promise<void> {
  for (let turn = 0; turn < turns; turn++) await Promise.resolve();
}

describe('agreements', () => {
  test('change when capabilities change: made before the old one is broken', async () => {
    const cloud = await TestCloud.open();
    const { x, y } = await cloud.started();
    await x.lookup(A, '10.1.2.50');
    await cloud.clock.pass(10);
    const old = cloud.mapper.state.agreements.active('x', 'y');
    expect(old?.framework).toBe('udp/2.0');
    x.takePushed();
    y.takePushed();
    // y comes back with an older version only, and does not take pushes at first.
    y.frameworks = ['udp/1.0'];
    y.takesPushes = false;
    await y.register();
    await cloud.clock.pass(10);
    expect(brief(x.takePushed())).toEqual(['host y', 'agreement y>x udp/1.0']);
    expect(cloud.mapper.state.agreements.active('x', 'y')).toEqual(old);
    y.takesPushes = true;
    await cloud.clock.pass(2_500);
    const [told] = agreementsOf(x.takePushed());
    expect(told).toMatchObject({ sender: 'x', receiver: 'y', framework: 'udp/1.0' });
    expect(told?.revision).toBeGreaterThan(old?.revision ?? 0);
    expect(told?.id).not.toBe(old?.id);
    // The receiver accepts the old one while what is on its way arrives.
    expect(cloud.mapper.state.agreements.of('x', 'y')).toHaveLength(2);
    for (let second = 0; second < 11; second++) {
      await cloud.clock.pass(1_000);
      for (const agent of [x, y]) await agent.ask({ kind: 'heartbeat' });
    }
    expect(cloud.mapper.state.agreements.of('x', 'y').map(({ id }) => id)).toEqual([told?.id]);
    expect(y.takePushed()).toContainEqual(expect.objectContaining({ kind: 'agreement-gone', id: old?.id }));
  });

  test('use the protobuf version where a pair has nothing else in common, and only there', async () => {
    const cloud = await TestCloud.open();
    const { x, y, z } = await cloud.started();
    for (const agent of [x, z]) agent.frameworks = ['udp/2.0', 'udp/1.0', 'udp-pb/1.0'];
    y.frameworks = ['udp-pb/1.0'];
    for (const agent of [x, y, z]) await agent.register();
    await x.lookup(A, '10.1.2.50');
    await x.lookup(A, '10.1.2.70');
    await cloud.clock.pass(10);
    const used = (sender: string, receiver: string) =>
      cloud.mapper.state.agreements.active(sender, receiver)?.framework;
    expect([used('x', 'y'), used('y', 'x')]).toEqual(['udp-pb/1.0', 'udp-pb/1.0']);
    expect([used('x', 'z'), used('z', 'x')]).toEqual(['udp/2.0', 'udp/2.0']);
  });

  test('are chosen for each direction apart, by the ranking of its sender', async () => {
    const cloud = await TestCloud.open();
    const { x, y } = await cloud.started();
    x.frameworks = ['udp/2.0', 'udp/1.0', 'udp-pb/1.0'];
    y.frameworks = ['udp-pb/1.0', 'udp/2.0', 'udp/1.0'];
    for (const agent of [x, y]) await agent.register();
    await x.lookup(A, '10.1.2.50');
    await cloud.clock.pass(10);
    expect(cloud.mapper.state.agreements.active('x', 'y')?.framework).toBe('udp/2.0');
    expect(cloud.mapper.state.agreements.active('y', 'x')?.framework).toBe('udp-pb/1.0');
  });

  test('that were replaced before their receiver had them go at once', async () => {
    const cloud = await TestCloud.open();
    const { x, y } = await cloud.started();
    y.takesPushes = false;
    await x.lookup(A, '10.1.2.50');
    expect(cloud.mapper.state.agreements.of('x', 'y').map(({ framework }) => framework)).toEqual(['udp/2.0']);
    y.frameworks = ['udp/1.0'];
    await y.register();
    await cloud.clock.pass(10);
    expect(cloud.mapper.state.agreements.of('x', 'y').map(({ framework }) => framework)).toEqual(['udp/1.0']);
  });

  test('that are gone do not come back with a late acknowledgement', async () => {
    const cloud = await TestCloud.open();
    const { x, y } = await cloud.started();
    y.takesPushes = false;
    await x.lookup(A, '10.1.2.50');
    x.frameworks = ['udp/9.0'];
    await x.register();
    await x.lookup(A, '10.1.2.50');
    expect(cloud.mapper.state.agreements.count).toBe(0);
    const revision = await cloud.store.revision();
    y.takesPushes = true;
    await cloud.clock.pass(2_500);
    expect(brief(y.takePushed())).toContain('agreement x>y udp/2.0');
    expect(await cloud.store.revision()).toBe(revision);
  });

  test('drain only once the sender knows the newer one', async () => {
    const cloud = await TestCloud.open();
    const { x, y } = await cloud.started();
    await x.lookup(A, '10.1.2.50');
    await cloud.clock.pass(10);
    x.takesPushes = false;
    y.frameworks = ['udp/1.0'];
    await y.register();
    const wait = async (seconds: number) => {
      for (let second = 0; second < seconds; second++) {
        await cloud.clock.pass(1_000);
        for (const agent of [x, y]) await agent.ask({ kind: 'heartbeat' });
      }
    };
    await wait(15);
    expect(cloud.mapper.state.agreements.of('x', 'y').map(({ framework }) => framework)).toEqual([
      'udp/2.0',
      'udp/1.0',
    ]);
    x.takesPushes = true;
    await wait(13);
    expect(cloud.mapper.state.agreements.of('x', 'y').map(({ framework }) => framework)).toEqual(['udp/1.0']);
  });

  test('of a sender that restarts meanwhile drain as well', async () => {
    const cloud = await TestCloud.open();
    const { x, y } = await cloud.started();
    await x.lookup(A, '10.1.2.50');
    await cloud.clock.pass(10);
    x.takesPushes = false;
    y.frameworks = ['udp/1.0'];
    await y.register();
    await cloud.clock.pass(10);
    await cloud.restart();
    x.takesPushes = true;
    await x.start();
    await y.start();
    for (let second = 0; second < 13; second++) {
      await cloud.clock.pass(1_000);
      for (const agent of [x, y]) await agent.ask({ kind: 'heartbeat' });
    }
    expect(cloud.mapper.state.agreements.of('x', 'y').map(({ framework }) => framework)).toEqual(['udp/1.0']);
  });

  test('without a common framework: a negative answer, and a warning that names both', async () => {
    const cloud = await TestCloud.open();
    const { x, y } = await cloud.started();
    expect(await x.mapping(A, '10.1.2.50')).toMatchObject({ host: 'y' });
    await cloud.clock.pass(10);
    y.frameworks = ['udp/9.0'];
    await y.register();
    const negative = await x.mapping(A, '10.1.2.50');
    expect(negative).toMatchObject({ host: undefined });
    expect(cloud.mapper.state.agreements.count).toBe(0);
    expect(cloud.warnings).toContainEqual({
      event: 'no-common-framework',
      fields: expect.objectContaining({
        sender: 'x',
        receiver: 'y',
        senderOffers: 'udp/2.0,udp/1.0',
        receiverOffers: 'udp/9.0',
      }),
    });
    y.frameworks = ['udp/1.0'];
    await y.register();
    const positive = await x.mapping(A, '10.1.2.50');
    expect(positive).toMatchObject({ host: 'y' });
    expect(positive?.revision).toBeGreaterThan(negative?.revision ?? 0);
  });

  test('wanted at any moment while others are made, are made', async () => {
    for (let turns = 0; turns < 40; turns++) {
      const store = openMemoryStore();
      const cloud = await TestCloud.open(TWO_TENANTS, store);
      const { x } = await cloud.started();
      const transact = store.transact.bind(store);
      // The first transaction makes the agreements with y; so many turns later, one with z is wanted.
      store.transact = async (...request) => {
        store.transact = transact;
        const result = await transact(...request);
        void pass(turns).then(() => x.lookup(A, '10.1.2.70'));
        return result;
      };
      await x.lookup(A, '10.1.2.50');
      await settle();
      expect([turns, cloud.mapper.state.agreements.of('x', 'z').length]).toEqual([turns, 1]);
    }
  });

  test('ids are never used twice, not even after a restart', async () => {
    const cloud = await TestCloud.open();
    const { x, y } = await cloud.started();
    const seen: number[] = [];
    for (const frameworks of [['udp/2.0'], ['udp/1.0'], ['udp/2.0']]) {
      y.frameworks = frameworks;
      await cloud.restart();
      await x.register();
      await y.register();
      await x.lookup(A, '10.1.2.50');
      await cloud.clock.pass(10);
      seen.push(...cloud.mapper.state.agreements.all().map(({ id }) => id));
    }
    const newest = cloud.mapper.state.agreements.active('x', 'y');
    expect(newest?.id).toBe(Math.max(...cloud.mapper.state.agreements.of('x', 'y').map(({ id }) => id)));
    expect(new Set(seen).size).toBe(6);
  });
});
