/**
 * The asynchronous key-value store under the mapping daemon. Keys are text such as
 * `record/port/a30`; values are bytes; every committed transaction that writes advances the
 * revision by one, from 0 for an empty store. An acknowledged write is on disk (for stores that
 * have a disk).
 *
 * Requests take effect in the order in which they were made. Bytes handed in are copied; bytes
 * handed out are shared and must not be altered.
 */

/** Operations (compares and writes together) in one transaction. */
export const MAX_OPERATIONS = 128;
/** Bytes of one value. */
export const MAX_VALUE_BYTES = 64 * 1024;
/** Characters of one key: printable ASCII without spaces. */
export const MAX_KEY_LENGTH = 256;
/** Entries of one page of `list`. */
export const MAX_PAGE = 1000;
/** A page ends with the entry that takes its values past this many bytes. */
export const MAX_PAGE_BYTES = 1024 * 1024;
/** Watches open at the same time. */
export const MAX_WATCHES = 1024;

export interface Entry {
  readonly key: string;
  readonly value: Uint8Array;
  /** The revision that created the key, and the one that last wrote it. */
  readonly createRevision: number;
  readonly modRevision: number;
}

/** Holds when the key was last written at `modRevision`; 0 means that the key does not exist. */
export interface Compare {
  readonly key: string;
  readonly modRevision: number;
}

/** Deleting a key that does not exist is a write like any other. */
export type Write =
  | { readonly kind: 'put'; readonly key: string; readonly value: Uint8Array }
  | { readonly kind: 'delete'; readonly key: string };

export interface TransactionResult {
  /** False when a compare did not hold; then nothing was written. */
  readonly committed: boolean;
  /** The store's revision after the transaction: its own, if it committed and wrote. */
  readonly revision: number;
}

/** One write of a committed transaction: `entry` is absent when the key was deleted. */
export interface Change {
  readonly key: string;
  readonly revision: number;
  readonly entry: Entry | undefined;
}

export interface ListOptions {
  /** The key after which the page starts: `next` of the page before. */
  readonly after?: string;
  /** 1 to MAX_PAGE, which is the default. */
  readonly limit?: number;
}

export interface Page {
  readonly entries: readonly Entry[];
  /** The revision at which the page was read. To follow a listing, watch after the first page's. */
  readonly revision: number;
  /** Pass as `after` for the next page; absent on the last one. */
  readonly next: string | undefined;
}

/** The history after the asked revision is gone: read everything again, then watch from there. */
export class CompactedError extends Error {
  override readonly name = 'CompactedError';
  /** The lowest revision after which a watch can still start. */
  readonly oldestRevision: number;

  constructor(oldestRevision: number) {
    super(`history up to revision ${oldestRevision} is compacted`);
    this.oldestRevision = oldestRevision;
  }
}

/** Iterated once, by one reader. Leaving the loop closes it. */
export interface Watch extends AsyncIterable<readonly Change[]> {
  /** Ends the iteration, undelivered batches included; safe to call twice. */
  close(): void;
}

/** Totals since the store was opened. */
export interface StoreCounters {
  /** Transactions that wrote, and transactions of which a compare did not hold. */
  readonly committed: number;
  readonly conflicted: number;
  /** Commits that made them permanent: fewer than `committed` where transactions share one. */
  readonly commits: number;
  /** Requests refused because too many were waiting. */
  readonly refused: number;
  /** Watches ended by CompactedError. */
  readonly compacted: number;
}

/** After `close`, and after a failure of the disk, every request is rejected. */
export interface Store {
  /** Names this life of the store's content: a restored backup has another one. */
  readonly incarnation: string;
  revision(): Promise<number>;
  get(key: string): Promise<Entry | undefined>;
  /** Entries whose keys start with `prefix`, in byte order. */
  list(prefix: string, options?: ListOptions): Promise<Page>;
  /** All or nothing. A key may be written once per transaction. Throws UserError `limit` or `invalid`. */
  transact(compares: readonly Compare[], writes: readonly Write[]): Promise<TransactionResult>;
  /**
   * Changes under `prefix` after `afterRevision`, in order, each transaction's in one batch. Throws
   * UserError `invalid` for a revision that the store has not reached. The history is bounded and
   * starts when the store is opened; the iterator throws CompactedError to a reader who asks for
   * older changes or fell behind, even if none of the lost changes was under its prefix.
   */
  watch(prefix: string, afterRevision: number): Watch;
  counters(): StoreCounters;
  /** Answers what was requested before, then ends the watches. Safe to call twice. */
  close(): Promise<void>;
}
