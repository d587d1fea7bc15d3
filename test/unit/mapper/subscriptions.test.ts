import { describe, expect, test } from 'vitest';
import { MAX_SUBSCRIPTIONS, MAX_SUBSCRIPTIONS_PER_GNI } from '../../../src/mapper/limits.ts';
import { Subscriptions } from '../../../src/mapper/subscriptions.ts';
import type { Session } from '../../../src/mapper/session.ts';
import { changed, TestCloud } from './test-cloud.ts';
import { ManualClock } from './manual-clock.ts';

/** The GNI of tenant a. */
const A = 1001;
/** The GNI of tenant b. */
const B = 2002;

test('what was not asked again for long is not told any more', async () => {
  const cloud = await TestCloud.open();
  const { x } = await cloud.started();
  await x.lookup(A, '10.1.2.99');
  await x.lookup(A, '10.1.2.50');
  const subscriptions = () => cloud.mapper.status().hosts[0]?.subscriptions;
  expect(subscriptions()).toBe(2);
  const wait = async (seconds: number) => {
    for (let second = 0; second < seconds; second++) {
      await cloud.clock.pass(1_000);
      await x.ask({ kind: 'heartbeat' });
    }
  };
  await wait(20);
  expect(subscriptions()).toBe(1);
  await cloud.mapper.delete('port', 'a50');
  await cloud.clock.pass(10);
  expect(x.takePushed()).toContainEqual(expect.objectContaining({ kind: 'mapping', host: undefined }));
  await wait(20);
  expect(subscriptions()).toBe(0);
  await cloud.mapper.apply([changed('port', 'a50', {})]);
  await wait(1);
  expect(x.takePushed()).toEqual([]);
});

describe('of one host', () => {
  const clock = new ManualClock();
  const session = {} as Session;
  const note = (subscriptions: Subscriptions, gni: number, address: number, from = session) =>
    subscriptions.note(from, { gni, address }, undefined, 1_000);

  test('those of one tenant are bounded, and take no room from the others', async () => {
    const subscriptions = new Subscriptions(clock);
    for (let address = 0; address < MAX_SUBSCRIPTIONS_PER_GNI; address++) {
      expect(note(subscriptions, A, address)).toBe(true);
    }
    expect(note(subscriptions, A, MAX_SUBSCRIPTIONS_PER_GNI)).toBe(false);
    expect(note(subscriptions, A, 7)).toBe(true);
    expect(note(subscriptions, B, 7)).toBe(true);
    await clock.pass(2_000);
    subscriptions.sweep();
    expect(note(subscriptions, A, MAX_SUBSCRIPTIONS_PER_GNI)).toBe(true);
  });

  test('all together are bounded, and one that ends takes all of its own along', () => {
    const subscriptions = new Subscriptions(clock);
    for (let index = 0; index < MAX_SUBSCRIPTIONS; index++) {
      expect(note(subscriptions, 1 + (index % 5), Math.floor(index / 5))).toBe(true);
    }
    expect(note(subscriptions, 6, 1)).toBe(false);
    const other = {} as Session;
    expect(note(subscriptions, 1, 7, other)).toBe(true);
    subscriptions.drop(session);
    expect(subscriptions.subscribers('1/7')).toEqual([other]);
    expect(subscriptions.countOf(session)).toBe(0);
    expect(note(subscriptions, 6, 1)).toBe(true);
  });
});
