import { describe, expect, test } from 'vitest';
import {
  MAX_KEY_LENGTH,
  MAX_OPERATIONS,
  MAX_PAGE,
  MAX_PAGE_BYTES,
  MAX_VALUE_BYTES,
  type Store,
} from '../../src/store/store.ts';
import { allPages, keysUnder, put } from './store-requests.ts';

export function describeListings(store: () => Store): void {
  describe('list', () => {
    test('a listing is in byte order and has only keys that start with the prefix', async () => {
      const keys = ['a', 'a/', 'a/1', 'a/10', 'a/2', 'a/Z', 'a/a', 'a/~', 'a/~~', 'a0', 'A/1', 'b'];
      await store().transact(
        [],
        keys.map((key) => put(key, key)),
      );
      expect(await keysUnder(store(), 'a/')).toEqual(['a/', 'a/1', 'a/10', 'a/2', 'a/Z', 'a/a', 'a/~', 'a/~~']);
      expect(await keysUnder(store(), '')).toEqual(keys.toSorted());
      expect(await keysUnder(store(), 'a/~~~')).toEqual([]);
      expect(await keysUnder(store(), 'c')).toEqual([]);
    });

    test('pages follow each other without gap or overlap', async () => {
      const keys = Array.from({ length: 10 }, (_, index) => `k/${index}`);
      await store().transact(
        [],
        keys.map((key) => put(key, '')),
      );
      const pages = await allPages(store(), 'k/', 3);
      expect(pages.map(({ entries }) => entries.length)).toEqual([3, 3, 3, 1]);
      expect(pages.flatMap(({ entries }) => entries.map(({ key }) => key))).toEqual(keys);
      expect((await store().list('k/', { limit: 10 })).next).toBeUndefined();
      expect((await store().list('k/', { limit: 9 })).next).toBe('k/8');
    });

    test('a page may start after any key, there or not', async () => {
      await store().transact([], [put('b/1', ''), put('b/3', ''), put('b/30', '')]);
      const keysAfter = async (key: string) =>
        (await store().list('b/', { after: key })).entries.map((found) => found.key);
      expect(await keysAfter('a')).toEqual(['b/1', 'b/3', 'b/30']);
      expect(await keysAfter('b/1')).toEqual(['b/3', 'b/30']);
      expect(await keysAfter('b/2')).toEqual(['b/3', 'b/30']);
      expect(await keysAfter('b/3')).toEqual(['b/30']);
      expect(await keysAfter('c')).toEqual([]);
    });

    test('a page says at which revision it was read', async () => {
      await store().transact([], [put('a', '')]);
      await store().transact([], [put('b', '')]);
      expect((await store().list('x')).revision).toBe(2);
    });

    test('a page has at most MAX_PAGE entries', async () => {
      for (let first = 0; first <= MAX_PAGE; first += MAX_OPERATIONS) {
        const keys = Array.from({ length: MAX_OPERATIONS }, (_, index) => String(first + index).padStart(5, '0'));
        await store().transact(
          [],
          keys.map((key) => put(key, '')),
        );
      }
      const page = await store().list('');
      expect(page.entries).toHaveLength(MAX_PAGE);
      expect(page.next).toBe(String(MAX_PAGE - 1).padStart(5, '0'));
    });

    test('a page ends early once it holds MAX_PAGE_BYTES', async () => {
      const value = new Uint8Array(MAX_VALUE_BYTES);
      const keys = Array.from({ length: 40 }, (_, index) => `k${10 + index}`);
      await store().transact(
        [],
        keys.map((key) => ({ kind: 'put', key, value })),
      );
      const pages = await allPages(store(), 'k', 40);
      expect(pages.flatMap(({ entries }) => entries.map(({ key }) => key))).toEqual(keys);
      expect(pages.length).toBeGreaterThan(1);
      for (const { entries } of pages) {
        expect(entries.length * MAX_VALUE_BYTES).toBeLessThanOrEqual(MAX_PAGE_BYTES + MAX_VALUE_BYTES);
      }
    });

    test.each([
      ['limit', 'a', { limit: MAX_PAGE + 1 }],
      ['limit', 'k'.repeat(MAX_KEY_LENGTH + 1), {}],
      ['invalid', 'a', { limit: 0 }],
      ['invalid', 'a', { limit: 1.5 }],
      ['invalid', 'a b', {}],
      ['invalid', 'a', { after: '' }],
    ])('refuses with %s what it cannot do (%#)', async (code, prefix, options) => {
      await expect(store().list(prefix, options)).rejects.toMatchObject({ name: 'UserError', code });
    });
  });
}
