import { randomBytes } from 'node:crypto';
import { UserError } from '../base/errors.ts';
import { applyTransaction, changesOf, type Table } from './apply-transaction.ts';
import { checkKey, checkListing, checkTransaction, type KeyRange } from './check-request.ts';
import { cutPage } from './cut-page.ts';
import type {
  Compare,
  Entry,
  ListOptions,
  Page,
  Store,
  StoreCounters,
  TransactionResult,
  Watch,
  Write,
} from './store.ts';
import { WatchHub } from './watch-hub.ts';

export interface MemoryStoreOptions {
  /** Random unless given. */
  readonly incarnation?: string;
}

/** A store that is gone with the process: for tests and simulation. Requests take effect at the call. */
export function openMemoryStore({ incarnation = randomBytes(8).toString('hex') }: MemoryStoreOptions = {}): Store {
  return new MemoryStore(incarnation);
}

class MemoryStore implements Store {
  readonly incarnation: string;
  readonly #table = new SortedTable();
  readonly #hub = new WatchHub(0);
  #revision = 0;
  #committed = 0;
  #conflicted = 0;
  #isClosed = false;

  constructor(incarnation: string) {
    this.incarnation = incarnation;
  }

  async revision(): Promise<number> {
    this.#checkOpen();
    return this.#revision;
  }

  async get(key: string): Promise<Entry | undefined> {
    this.#checkOpen();
    checkKey(key);
    return this.#table.find(key);
  }

  async list(prefix: string, options: ListOptions = {}): Promise<Page> {
    this.#checkOpen();
    const listing = checkListing(prefix, options);
    return cutPage(this.#table.entries(listing), listing.limit, this.#revision);
  }

  async transact(compares: readonly Compare[], writes: readonly Write[]): Promise<TransactionResult> {
    this.#checkOpen();
    const transaction = checkTransaction(compares, writes);
    const outcome = applyTransaction(this.#table, transaction, this.#revision);
    const { committed, revision } = outcome;
    if (!committed) this.#conflicted += 1;
    if (revision > this.#revision) {
      this.#revision = revision;
      this.#committed += 1;
      this.#hub.publish(changesOf(transaction, outcome));
    }
    return { committed, revision };
  }

  watch(prefix: string, afterRevision: number): Watch {
    this.#checkOpen();
    return this.#hub.watch(prefix, afterRevision);
  }

  counters(): StoreCounters {
    return {
      committed: this.#committed,
      conflicted: this.#conflicted,
      commits: this.#committed,
      refused: 0,
      compacted: this.#hub.compacted,
    };
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#hub.end();
  }

  #checkOpen(): void {
    if (this.#isClosed) throw new UserError('unreachable', 'the store is closed');
  }
}

class SortedTable implements Table {
  readonly #entries = new Map<string, Entry>();
  readonly #keys: string[] = [];

  find(key: string): Entry | undefined {
    return this.#entries.get(key);
  }

  put(entry: Entry): void {
    if (!this.#entries.has(entry.key)) this.#keys.splice(this.#indexFrom(entry.key), 0, entry.key);
    this.#entries.set(entry.key, entry);
  }

  remove(key: string): void {
    if (this.#entries.delete(key)) this.#keys.splice(this.#indexFrom(key), 1);
  }

  *entries({ from, before }: KeyRange): Iterable<Entry> {
    for (let index = this.#indexFrom(from); index < this.#keys.length; index += 1) {
      const entry = this.#entries.get(this.#keys[index] ?? '');
      if (!entry || entry.key >= before) return;
      yield entry;
    }
  }

  /** The index of the first key that is not below `key`. */
  #indexFrom(key: string): number {
    let low = 0;
    let high = this.#keys.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#keys[middle] ?? '') < key) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
