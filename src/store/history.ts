import { type Change, CompactedError } from './store.ts';

/** Bounds of the history; the newest transaction is kept whatever its size. */
export interface HistoryLimits {
  readonly changes: number;
  /** Of the keys and values together. */
  readonly bytes: number;
}

/** More than one group commit can bring, so that a waiting reader is never overtaken by one. */
export const HISTORY_LIMITS: HistoryLimits = { changes: 32_768, bytes: 64 * 1024 * 1024 };

interface Batch {
  readonly changes: readonly Change[];
  readonly bytes: number;
}

/** What a reader gets: the changes of one transaction, and the revision up to which it has then seen everything. */
export interface Reading {
  readonly changes: readonly Change[];
  readonly revision: number;
}

/** The latest transactions of a store, bounded. */
export class History {
  readonly #limits: HistoryLimits;
  /** By revision, without gaps, from the one after `#oldest` to `#newest`. */
  readonly #batches = new Map<number, Batch>();
  #oldest: number;
  #newest: number;
  #changes = 0;
  #bytes = 0;

  constructor(revision: number, limits: HistoryLimits = HISTORY_LIMITS) {
    this.#oldest = revision;
    this.#newest = revision;
    this.#limits = limits;
  }

  get newest(): number {
    return this.#newest;
  }

  /** Takes the changes of the next revision. */
  append(changes: readonly Change[]): void {
    const bytes = changes.reduce((sum, { key, entry }) => sum + key.length + (entry?.value.length ?? 0), 0);
    this.#newest += 1;
    this.#batches.set(this.#newest, { changes, bytes });
    this.#changes += changes.length;
    this.#bytes += bytes;
    while (this.#isOverfull()) this.#forgetOldest();
  }

  /**
   * The first transaction after `revision` that changed a key under `prefix`; no changes if there is
   * none yet. Throws CompactedError when the history does not reach back to `revision`.
   */
  after(revision: number, prefix: string): Reading {
    if (revision < this.#oldest) throw new CompactedError(this.#oldest);
    for (let next = revision + 1; next <= this.#newest; next += 1) {
      const changes = this.#batch(next).changes.filter(({ key }) => key.startsWith(prefix));
      if (changes.length > 0) return { changes, revision: next };
    }
    return { changes: [], revision: this.#newest };
  }

  #isOverfull(): boolean {
    return this.#batches.size > 1 && (this.#changes > this.#limits.changes || this.#bytes > this.#limits.bytes);
  }

  #forgetOldest(): void {
    this.#oldest += 1;
    const { changes, bytes } = this.#batch(this.#oldest);
    this.#batches.delete(this.#oldest);
    this.#changes -= changes.length;
    this.#bytes -= bytes;
  }

  #batch(revision: number): Batch {
    const batch = this.#batches.get(revision);
    if (!batch) throw new Error(`revision ${revision} is missing from the history`);
    return batch;
  }
}
