import { UserError } from '../base/errors.ts';
import { checkPrefix, checkRevision } from './check-request.ts';
import { HISTORY_LIMITS, History, type HistoryLimits } from './history.ts';
import { type Change, CompactedError, MAX_WATCHES, type Watch } from './store.ts';

/**
 * The watches of one store. A watch is a position in the one shared history, not a queue of its
 * own, so what a slow reader costs is bounded by the history.
 */
export class WatchHub {
  readonly #history: History;
  readonly #open = new Set<HistoryWatch>();
  #compacted = 0;

  constructor(revision: number, limits: HistoryLimits = HISTORY_LIMITS) {
    this.#history = new History(revision, limits);
  }

  /** Watches that ended because their reader fell behind. */
  get compacted(): number {
    return this.#compacted;
  }

  /** Takes the changes of the next revision. */
  publish(changes: readonly Change[]): void {
    this.#history.append(changes);
    for (const watch of this.#open) watch.wake();
  }

  watch(prefix: string, afterRevision: number): Watch {
    checkPrefix(prefix);
    checkRevision(afterRevision);
    if (afterRevision > this.#history.newest) {
      throw new UserError(
        'invalid',
        `a watch after revision ${afterRevision} was asked for, but the store is at ${this.#history.newest}`,
        'read everything again: that revision belongs to another life of the store',
      );
    }
    if (this.#open.size >= MAX_WATCHES) {
      throw new UserError('limit', `${MAX_WATCHES} watches are open already`, 'close one first');
    }
    const watch = new HistoryWatch(this.#history, prefix, afterRevision, (reason) => {
      this.#open.delete(watch);
      if (reason instanceof CompactedError) this.#compacted += 1;
    });
    this.#open.add(watch);
    return watch;
  }

  /** Ends every watch: its iterator throws `error`, or just ends if there is none. */
  end(error?: Error): void {
    for (const watch of this.#open) watch.close(error);
  }
}

class HistoryWatch implements Watch {
  readonly #history: History;
  readonly #prefix: string;
  readonly #onEnd: (reason: unknown) => void;
  readonly #iterator: AsyncIterator<readonly Change[]>;
  #position: number;
  #isClosed = false;
  #error: Error | undefined;
  #wake = () => {};

  constructor(history: History, prefix: string, afterRevision: number, onEnd: (reason: unknown) => void) {
    this.#history = history;
    this.#prefix = prefix;
    this.#position = afterRevision;
    this.#onEnd = onEnd;
    this.#iterator = this.#read();
  }

  [Symbol.asyncIterator](): AsyncIterator<readonly Change[]> {
    return this.#iterator;
  }

  wake(): void {
    this.#wake();
  }

  close(error?: Error): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#error = error;
    this.#onEnd(error);
    this.#wake();
  }

  async *#read(): AsyncGenerator<readonly Change[], void> {
    try {
      while (!this.#isClosed) {
        const changes = this.#next();
        if (changes.length > 0) yield changes;
        else await this.#woken();
      }
    } finally {
      this.close();
    }
    if (this.#error) throw this.#error;
  }

  #next(): readonly Change[] {
    try {
      const { changes, revision } = this.#history.after(this.#position, this.#prefix);
      this.#position = revision;
      return changes;
    } catch (error) {
      this.close(error as Error);
      throw error;
    }
  }

  #woken(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve;
    });
  }
}
