import { expect, test } from 'vitest';
import { MAX_SUBSCRIPTIONS } from '../../../src/mapper/limits.ts';
import { Subscriptions } from '../../../src/mapper/subscriptions.ts';
import type { Session } from '../../../src/mapper/session.ts';
import { changed, TestCloud } from './test-cloud.ts';
import { ManualClock } from './manual-clock.ts';

/** The GNI of tenant a. */
const A = 1001;

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

test('of one host they are bounded, and one that ends takes all of its own along', () => {
  const subscriptions = new Subscriptions(new ManualClock());
  const [session, other] = [{} as Session, {} as Session];
  const note = (from: Session, address: number) => subscriptions.note(from, { gni: A, address }, undefined, 1_000);
  for (let address = 0; address < MAX_SUBSCRIPTIONS; address++) expect(note(session, address)).toBe(true);
  expect(note(session, MAX_SUBSCRIPTIONS)).toBe(false);
  expect(note(session, 7)).toBe(true);
  expect(note(other, 7)).toBe(true);
  subscriptions.drop(session);
  expect(subscriptions.subscribers(`${A}/7`)).toEqual([other]);
  expect(subscriptions.countOf(session)).toBe(0);
});
