/**
 * The asynchronous key-value store under the mapping daemon. Keys are text such as
 * `record/port/a30`; values are bytes; every successful transaction that writes advances the
 * revision by one. An acknowledged write is on disk (for stores that have a disk).
 */

/** Operations (compares and writes together) in one transaction. */
export const MAX_OPERATIONS = 128;
/** Bytes of one value. */
export const MAX_VALUE_BYTES = 64 * 1024;
/** Characters of one key: printable ASCII without spaces. */
export const MAX_KEY_LENGTH = 256;
/** Entries of one page of `list`. */
export const MAX_PAGE = 1000;

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

export type Write =
  | { readonly kind: 'put'; readonly key: string; readonly value: Uint8Array }
  | { readonly kind: 'delete'; readonly key: string };

export interface TransactionResult {
  /** False when a compare did not hold; then nothing was written. */
  readonly committed: boolean;
  /** The store's revision after the transaction. */
  readonly revision: number;
}

/** One key's change: `entry` is absent when the key was deleted. */
export interface Change {
  readonly key: string;
  readonly revision: number;
  readonly entry: Entry | undefined;
}

export interface Page {
  readonly entries: readonly Entry[];
  /** The revision at which the page was read. */
  readonly revision: number;
  /** Pass as `after` for the next page; absent on the last one. */
  readonly next: string | undefined;
}

/** The history before the asked revision is gone: read everything again, then watch from there. */
export class CompactedError extends Error {
  override readonly name = 'CompactedError';
  readonly oldestRevision: number;

  constructor(oldestRevision: number) {
    super(`history before revision ${oldestRevision} is compacted`);
    this.oldestRevision = oldestRevision;
  }
}

export interface Watch extends AsyncIterable<readonly Change[]> {
  /** Ends the iteration; safe to call twice. */
  close(): void;
}

export interface Store {
  /** Names this life of the store's content: a restored backup has another one. */
  readonly incarnation: string;
  revision(): Promise<number>;
  get(key: string): Promise<Entry | undefined>;
  /** Keys that start with `prefix`, in byte order, `limit` (at most MAX_PAGE) of them after `after`. */
  list(prefix: string, options?: { readonly after?: string; readonly limit?: number }): Promise<Page>;
  /** All or nothing. A key may be written once per transaction. Throws UserError `limit` or `invalid`. */
  transact(compares: readonly Compare[], writes: readonly Write[]): Promise<TransactionResult>;
  /**
   * Changes after `afterRevision`, in order, each transaction's in one batch. The iterator throws
   * CompactedError when the reader fell behind the bounded history.
   */
  watch(prefix: string, afterRevision: number): Watch;
  close(): Promise<void>;
}
