import type { Change, Compare, Entry, Page, TransactionResult, Write } from '../../src/store/store.ts';

/** What a store should do, in the plainest way: every change ever made, and a map of what is left. */
export class StoreModel {
  readonly #entries = new Map<string, Entry>();
  readonly #batches: Change[][] = [];

  get revision(): number {
    return this.#batches.length;
  }

  get(key: string): Entry | undefined {
    return this.#entries.get(key);
  }

  list(prefix: string, limit: number, after: string | undefined): Page {
    const found = [...this.#entries.values()]
      .filter(({ key }) => key.startsWith(prefix) && (after === undefined || key > after))
      .toSorted((left, right) => (left.key < right.key ? -1 : 1));
    const entries = found.slice(0, limit);
    return { entries, revision: this.revision, next: found.length > limit ? entries.at(-1)?.key : undefined };
  }

  transact(compares: readonly Compare[], writes: readonly Write[]): TransactionResult {
    for (const { key, modRevision } of compares) {
      if ((this.get(key)?.modRevision ?? 0) !== modRevision) return { committed: false, revision: this.revision };
    }
    if (writes.length > 0) this.#batches.push(writes.map((write) => this.#write(write, this.revision + 1)));
    return { committed: true, revision: this.revision };
  }

  batchesUnder(prefix: string): Change[][] {
    return this.#batches
      .map((batch) => batch.filter(({ key }) => key.startsWith(prefix)))
      .filter((batch) => batch.length > 0);
  }

  #write(write: Write, revision: number): Change {
    const { key } = write;
    if (write.kind === 'delete') {
      this.#entries.delete(key);
      return { key, revision, entry: undefined };
    }
    const createRevision = this.get(key)?.createRevision ?? revision;
    const entry = { key, value: write.value, createRevision, modRevision: revision };
    this.#entries.set(key, entry);
    return { key, revision, entry };
  }
}
