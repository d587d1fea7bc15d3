import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Entry, Store } from '../../src/store/store.ts';
import { bytes, collect, compare, entry, put } from './store-requests.ts';
import { describeListings } from './store-listings.ts';
import { followModel, step } from './store-steps.ts';
import { describeTransactions } from './store-transactions.ts';
import { describeWatches } from './store-watches.ts';

/** What every store does. `open` makes an empty one each time; the suite closes it. */
export function describeStore(name: string, open: () => Promise<Store>): void {
  describe(name, () => {
    let store: Store;
    beforeEach(async () => {
      store = await open();
    });
    afterEach(() => store.close());

    describeTransactions(() => store, open);
    describeListings(() => store);
    describeWatches(() => store);

    describe('close', () => {
      test('what was requested before is answered, in order, and watches end', async () => {
        const reading = collect(store.watch('', 0));
        const results = Promise.all([
          store.transact([], [put('a', 'x')]),
          store.get('a'),
          store.transact([], [put('a', 'y')]),
        ]);
        await store.close();
        expect(await results).toEqual([
          { committed: true, revision: 1 },
          entry('a', 'x', 1, 1),
          { committed: true, revision: 2 },
        ]);
        await reading;
      });

      test('requests afterwards are refused; closing again is not', async () => {
        await store.close();
        await store.close();
        const refusal = { name: 'UserError', code: 'unreachable' };
        await expect(store.revision()).rejects.toMatchObject(refusal);
        await expect(store.get('a')).rejects.toMatchObject(refusal);
        await expect(store.list('')).rejects.toMatchObject(refusal);
        await expect(store.transact([], [])).rejects.toMatchObject(refusal);
        expect(() => store.watch('', 0)).toThrow(expect.objectContaining(refusal));
      });
    });

    describe('many at once', () => {
      test('increments by compare-and-set happen exactly once each', async () => {
        const workers = Array.from({ length: 20 }, () => increment(store, 'counter', 10));
        const attempts = (await Promise.all(workers)).reduce((sum, tries) => sum + tries, 0);
        expect(numberOf(await store.get('counter'))).toBe(200);
        expect(await store.revision()).toBe(200);
        expect(store.counters()).toMatchObject({ committed: 200, conflicted: attempts - 200, refused: 0 });
      });

      test('of many who create one key, one does', async () => {
        const tries = Array.from({ length: 100 }, (_, index) => `${index}`);
        const results = await Promise.all(tries.map((text) => store.transact([compare('a', 0)], [put('a', text)])));
        const winners = tries.filter((_, index) => results[index]?.committed);
        expect(winners).toHaveLength(1);
        expect((await store.get('a'))?.value).toEqual(bytes(winners[0] ?? ''));
      });
    });

    test('any sequence of requests does what the model does, and watches tell it', async () => {
      await fc.assert(
        fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
          const tested = await open();
          try {
            await followModel(tested, steps);
          } finally {
            await tested.close();
          }
        }),
        { numRuns: 30 },
      );
    });
  });
}

async function increment(store: Store, counter: string, times: number): Promise<number> {
  let attempts = 0;
  for (let done = 0; done < times; ) {
    const found = await store.get(counter);
    attempts += 1;
    const next = put(counter, String(numberOf(found) + 1));
    const { committed } = await store.transact([compare(counter, found?.modRevision ?? 0)], [next]);
    if (committed) done += 1;
  }
  return attempts;
}

function numberOf(found: Entry | undefined): number {
  return found ? Number(Buffer.from(found.value).toString()) : 0;
}
