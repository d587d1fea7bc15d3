import { type Entry, MAX_PAGE_BYTES, type Page } from './store.ts';

/** The first page of `sorted`, which is left (and its iterator closed) where the page ends. */
export function cutPage(sorted: Iterable<Entry>, limit: number, revision: number): Page {
  const entries: Entry[] = [];
  let bytes = 0;
  for (const entry of sorted) {
    if (entries.length === limit || bytes > MAX_PAGE_BYTES) {
      return { entries, revision, next: entries.at(-1)?.key };
    }
    entries.push(entry);
    bytes += entry.value.length;
  }
  return { entries, revision, next: undefined };
}
