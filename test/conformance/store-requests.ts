import {
  type Change,
  type Compare,
  type Entry,
  MAX_PAGE,
  type Page,
  type Store,
  type Watch,
  type Write,
} from '../../src/store/store.ts';

export async function allPages(store: Store, prefix: string, limit: number): Promise<Page[]> {
  const pages = [await store.list(prefix, { limit })];
  for (let next = pages[0]?.next; next !== undefined; next = pages.at(-1)?.next) {
    pages.push(await store.list(prefix, { limit, after: next }));
  }
  return pages;
}

export async function keysUnder(store: Store, prefix: string): Promise<string[]> {
  const pages = await allPages(store, prefix, MAX_PAGE);
  return pages.flatMap(({ entries }) => entries.map((found) => found.key));
}

/** The next `count` batches, then closes the watch. */
export async function takeBatches(watch: Watch, count: number): Promise<Change[][]> {
  const batches: Change[][] = [];
  if (count === 0) {
    watch.close();
    return batches;
  }
  for await (const batch of watch) {
    batches.push([...batch]);
    if (batches.length === count) break;
  }
  return batches;
}

/** Every batch until the watch ends. */
export function collect(watch: Watch): Promise<Change[][]> {
  return takeBatches(watch, Number.POSITIVE_INFINITY);
}

export function bytes(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

export function put(written: string, text: string): Write {
  return { kind: 'put', key: written, value: bytes(text) };
}

export function remove(removed: string): Write {
  return { kind: 'delete', key: removed };
}

export function compare(compared: string, modRevision: number): Compare {
  return { key: compared, modRevision };
}

export function entry(named: string, text: string, createRevision: number, modRevision: number): Entry {
  return { key: named, value: bytes(text), createRevision, modRevision };
}

export function change(made: Entry): Change {
  return { key: made.key, revision: made.modRevision, entry: made };
}
