import { expect, test } from 'vitest';
import { openMemoryStore } from '../../../src/store/memory-store.ts';
import { timedStore } from '../../../src/store/timed-store.ts';

test('transactions that write are timed until they are answered, and the store is the same', async () => {
  const inner = openMemoryStore({ incarnation: 'abc' });
  let now = 1000;
  const clock = { now: () => (now += 250), wallTime: () => new Date(0), after: () => () => {} };
  const took: number[] = [];
  const store = timedStore(inner, clock, (seconds) => took.push(seconds));
  const watch = store.watch('', 0)[Symbol.asyncIterator]();
  const value = new Uint8Array([7]);
  expect(await store.transact([], [{ kind: 'put', key: 'a', value }])).toEqual({ committed: true, revision: 1 });
  expect(took).toEqual([0.25]);
  await store.transact([{ key: 'a', modRevision: 1 }], []);
  expect(took).toHaveLength(1);
  expect((await watch.next()).value).toMatchObject([{ key: 'a', revision: 1 }]);
  expect(await store.get('a')).toMatchObject({ value });
  expect(await store.list('')).toMatchObject({ entries: [{ key: 'a' }], revision: 1 });
  expect([store.incarnation, await store.revision(), store.counters().committed]).toEqual(['abc', 1, 1]);
  await store.close();
  await expect(inner.get('a')).rejects.toThrow();
});
