import { describe, expect, test } from 'vitest';
import {
  type Compare,
  MAX_KEY_LENGTH,
  MAX_OPERATIONS,
  MAX_VALUE_BYTES,
  type Store,
  type Write,
} from '../../src/store/store.ts';
import { bytes, compare, entry, keysUnder, put, remove } from './store-requests.ts';

export function describeTransactions(store: () => Store, open: () => Promise<Store>): void {
  describe('get and transact', () => {
    test('an empty store is at revision 0 and has an incarnation of its own', async () => {
      const other = await open();
      expect(await store().revision()).toBe(0);
      expect(store().incarnation).toMatch(/^[0-9a-f]{16}$/);
      expect(other.incarnation).not.toBe(store().incarnation);
      expect(await store().get('a')).toBeUndefined();
      await other.close();
    });

    test('an entry keeps its create revision until it is deleted', async () => {
      expect(await store().transact([], [put('a', 'one')])).toEqual({ committed: true, revision: 1 });
      await store().transact([], [put('a', 'two')]);
      expect(await store().get('a')).toEqual(entry('a', 'two', 1, 2));
      await store().transact([], [remove('a')]);
      expect(await store().get('a')).toBeUndefined();
      await store().transact([], [put('a', 'three')]);
      expect(await store().get('a')).toEqual(entry('a', 'three', 4, 4));
    });

    test('deleting a key that is not there is a write like any other', async () => {
      expect(await store().transact([], [remove('a')])).toEqual({ committed: true, revision: 1 });
      expect(await store().revision()).toBe(1);
    });

    test('a transaction without writes is a check and leaves the revision', async () => {
      await store().transact([], [put('a', 'one')]);
      expect(await store().transact([compare('a', 1)], [])).toEqual({ committed: true, revision: 1 });
      expect(await store().transact([compare('a', 2)], [])).toEqual({ committed: false, revision: 1 });
      expect(await store().transact([], [])).toEqual({ committed: true, revision: 1 });
      expect(await store().revision()).toBe(1);
    });

    test('revision 0 in a compare means that the key does not exist', async () => {
      expect((await store().transact([compare('a', 0)], [put('a', 'one')])).committed).toBe(true);
      expect((await store().transact([compare('a', 0)], [put('a', 'two')])).committed).toBe(false);
      await store().transact([], [remove('a')]);
      expect((await store().transact([compare('a', 1)], [put('a', 'three')])).committed).toBe(false);
      expect((await store().transact([compare('a', 0)], [put('a', 'four')])).committed).toBe(true);
    });

    test('one compare that does not hold stops every write', async () => {
      await store().transact([], [put('a', 'one'), put('b', 'one')]);
      const writes = [put('a', 'two'), remove('b'), put('c', 'two')];
      expect(await store().transact([compare('a', 1), compare('c', 1)], writes)).toEqual({
        committed: false,
        revision: 1,
      });
      expect(await keysUnder(store(), '')).toEqual(['a', 'b']);
      expect(await store().get('a')).toEqual(entry('a', 'one', 1, 1));
    });

    test('all writes of a transaction have its revision', async () => {
      await store().transact([], [put('b', 'one')]);
      await store().transact([], [put('a', 'x'), put('b', 'y'), put('c', '')]);
      expect((await store().list('')).entries).toEqual([
        entry('a', 'x', 2, 2),
        entry('b', 'y', 1, 2),
        entry('c', '', 2, 2),
      ]);
    });

    test('requests take effect in the order in which they were made', async () => {
      const results = await Promise.all([
        store().transact([], [put('a', 'one')]),
        store().get('a'),
        store().transact([compare('a', 1)], [put('a', 'two')]),
        store().transact([compare('a', 1)], [put('a', 'three')]),
        store().revision(),
        store().list(''),
        store().transact([], [remove('a')]),
        store().get('a'),
      ]);
      expect(results).toEqual([
        { committed: true, revision: 1 },
        entry('a', 'one', 1, 1),
        { committed: true, revision: 2 },
        { committed: false, revision: 2 },
        2,
        { entries: [entry('a', 'two', 1, 2)], revision: 2, next: undefined },
        { committed: true, revision: 3 },
        undefined,
      ]);
    });

    test('bytes handed in are copied at the call', async () => {
      const value = bytes('before');
      const done = Promise.all([
        store().transact([], [put('a', 'first')]),
        store().transact([], [{ kind: 'put', key: 'b', value }]),
      ]);
      value.fill(0);
      await done;
      expect((await store().get('b'))?.value).toEqual(bytes('before'));
    });

    test('every byte value comes back, from a buffer or from a part of one', async () => {
      const all = Uint8Array.from({ length: 256 }, (_, index) => index);
      const part = Buffer.concat([all, all]).subarray(256);
      await store().transact(
        [],
        [
          { kind: 'put', key: 'all', value: all },
          { kind: 'put', key: 'part', value: part },
        ],
      );
      expect((await store().get('all'))?.value).toEqual(all);
      expect((await store().get('part'))?.value).toEqual(all);
    });

    test('the largest transaction passes', async () => {
      const value = new Uint8Array(MAX_VALUE_BYTES).fill(7);
      const keys = Array.from({ length: MAX_OPERATIONS }, (_, index) => String(index).padEnd(MAX_KEY_LENGTH, '~'));
      await store().transact(
        [],
        keys.map((key) => ({ kind: 'put', key, value })),
      );
      expect(await keysUnder(store(), '')).toEqual(keys.toSorted());
      expect((await store().get(keys[0] ?? ''))?.value).toEqual(value);
    });

    const tooLong = 'k'.repeat(MAX_KEY_LENGTH + 1);
    const tooLarge = new Uint8Array(MAX_VALUE_BYTES + 1);
    const compares = Array.from({ length: MAX_OPERATIONS }, (_, index) => compare(`k${index}`, 0));
    test.each<[string, string, Compare[], Write[]]>([
      ['too many operations', 'limit', compares, [put('a', '')]],
      ['too long a key', 'limit', [], [put(tooLong, '')]],
      ['too large a value', 'limit', [], [{ kind: 'put', key: 'a', value: tooLarge }]],
      ['an empty key', 'invalid', [], [put('', '')]],
      ['a key with a space', 'invalid', [], [remove('a b')]],
      ['a key outside ASCII', 'invalid', [compare('ä', 0)], []],
      ['a key with a line end', 'invalid', [], [put('a\n', '')]],
      ['a key written twice', 'invalid', [], [put('a', ''), remove('a')]],
      ['a negative revision', 'invalid', [compare('a', -1)], []],
      ['a broken revision', 'invalid', [compare('a', 0.5)], []],
    ])('%s is refused and changes nothing', async (_, code, badCompares, badWrites) => {
      const transaction = store().transact(badCompares, [put('other', ''), ...badWrites]);
      await expect(transaction).rejects.toMatchObject({ name: 'UserError', code });
      expect(await store().revision()).toBe(0);
      expect(await keysUnder(store(), '')).toEqual([]);
    });

    test('a key that cannot be is refused by get', async () => {
      await expect(store().get('a b')).rejects.toMatchObject({ name: 'UserError', code: 'invalid' });
    });
  });
}
