import { describe, expect, test } from 'vitest';
import { CompactedError, MAX_OPERATIONS, MAX_WATCHES, type Store } from '../../src/store/store.ts';
import { change, collect, compare, entry, put, remove, takeBatches } from './store-requests.ts';

export function describeWatches(store: () => Store): void {
  describe('watch', () => {
    test("one batch per transaction, with its changes in order and under the watch's prefix alone", async () => {
      const watch = store().watch('a/', 0);
      await store().transact([], [put('a/2', 'x'), put('b', 'x'), put('a/1', 'x')]);
      await store().transact([], [put('b', 'y')]);
      await store().transact([], [remove('a/2'), put('a/1', 'y')]);
      expect(await takeBatches(watch, 2)).toEqual([
        [change(entry('a/2', 'x', 1, 1)), change(entry('a/1', 'x', 1, 1))],
        [{ key: 'a/2', revision: 3, entry: undefined }, change(entry('a/1', 'y', 1, 3))],
      ]);
    });

    test('a reader who waits gets what comes', async () => {
      const batches = takeBatches(store().watch('', 0), 2);
      await store().transact([], [put('a', 'x')]);
      await store().transact([], [remove('never-there')]);
      expect(await batches).toEqual([
        [change(entry('a', 'x', 1, 1))],
        [{ key: 'never-there', revision: 2, entry: undefined }],
      ]);
    });

    test('a watch resumes after any revision of the history', async () => {
      for (const value of ['1', '2', '3', '4']) await store().transact([], [put('a', value)]);
      for (const after of [0, 1, 2, 3]) {
        const batches = await takeBatches(store().watch('a', after), 4 - after);
        expect(batches.flat().map(({ revision }) => revision)).toEqual([1, 2, 3, 4].slice(after));
      }
    });

    test('transactions that did not commit or wrote nothing are not seen', async () => {
      const watch = store().watch('', 0);
      await store().transact([compare('a', 9)], [put('a', 'x')]);
      await store().transact([compare('a', 0)], []);
      await store().transact([], [put('a', 'y')]);
      expect(await takeBatches(watch, 1)).toEqual([[change(entry('a', 'y', 1, 1))]]);
    });

    test('what is acknowledged can be watched after, and nothing beyond it', async () => {
      const { revision } = await store().transact([], [put('a', '')]);
      store().watch('', revision).close();
      expect(() => store().watch('', revision + 1)).toThrow(
        expect.objectContaining({ name: 'UserError', code: 'invalid' }),
      );
    });

    test('every reader sees every transaction of many at once, in order', async () => {
      const readers = ['k/', '', 'k/1'].map((prefix) => ({ prefix, watch: store().watch(prefix, 0) }));
      const keys = Array.from({ length: 200 }, (_, index) => `k/${index}`);
      await Promise.all(keys.map((key) => store().transact([], [put(key, key)])));
      for (const { prefix, watch } of readers) {
        const expected = keys.filter((key) => key.startsWith(prefix));
        const seen = (await takeBatches(watch, expected.length)).flat();
        expect(seen.map(({ key }) => key)).toEqual(expected);
        expect(seen.map(({ revision }) => revision)).toEqual(expected.map((key) => keys.indexOf(key) + 1));
      }
    });

    test('a reader who fell behind the history gets CompactedError and can start again from where it says', async () => {
      const slow = store().watch('a', 0);
      await store().transact([], [put('a', 'x')]);
      await fillHistory(store());
      const error: unknown = await takeBatches(slow, 1).catch((thrown: unknown) => thrown);
      if (!(error instanceof CompactedError)) throw new Error('the slow reader was not told', { cause: error });
      const oldest = error.oldestRevision;
      await expect(takeBatches(store().watch('', oldest - 1), 1)).rejects.toMatchObject({ name: 'CompactedError' });
      const [first] = await takeBatches(store().watch('', oldest), 1);
      expect(first?.[0]?.revision).toBe(oldest + 1);
      expect(store().counters().compacted).toBe(2);
    });

    test('a reader who waits does not fall behind', async () => {
      const batches = takeBatches(store().watch('last', 0), 1);
      await fillHistory(store());
      const { revision } = await store().transact([], [put('last', '')]);
      expect((await batches)[0]?.[0]?.revision).toBe(revision);
    });

    test('close ends the iteration for a reader who waits and for one who has not begun', async () => {
      const waiting = store().watch('', 0);
      const reading = collect(waiting);
      const unread = store().watch('', 0);
      await store().revision();
      waiting.close();
      waiting.close();
      unread.close();
      await store().transact([], [put('a', '')]);
      expect(await reading).toEqual([]);
      expect(await collect(unread)).toEqual([]);
    });

    test('leaving the loop closes the watch and leaves others alone', async () => {
      const left = store().watch('', 0);
      const other = store().watch('', 0);
      await store().transact([], [put('a', '')]);
      for await (const _ of left) break;
      await store().transact([], [put('b', '')]);
      expect(await collect(left)).toEqual([]);
      expect((await takeBatches(other, 2)).flat().map(({ key }) => key)).toEqual(['a', 'b']);
    });

    test('watches are bounded, and room comes back when one is closed', () => {
      const watches = Array.from({ length: MAX_WATCHES }, () => store().watch('', 0));
      expect(() => store().watch('', 0)).toThrow(expect.objectContaining({ name: 'UserError', code: 'limit' }));
      watches[0]?.close();
      watches[1]?.close();
      store().watch('', 0);
      store().watch('', 0);
      expect(() => store().watch('', 0)).toThrow(expect.objectContaining({ code: 'limit' }));
    });

    test('a prefix or a revision that cannot be is refused', () => {
      expect(() => store().watch('a b', 0)).toThrow(expect.objectContaining({ code: 'invalid' }));
      expect(() => store().watch('a', -1)).toThrow(expect.objectContaining({ code: 'invalid' }));
    });
  });
}

/** Writes more than the history holds. */
async function fillHistory(store: Store): Promise<void> {
  const writes = Array.from({ length: MAX_OPERATIONS }, (_, index) => remove(`filler/${index}`));
  for (let round = 0; round < 5; round += 1) {
    await Promise.all(Array.from({ length: 64 }, () => store.transact([], writes)));
  }
}
