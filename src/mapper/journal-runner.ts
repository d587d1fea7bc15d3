import type { Clock } from '../base/clock.ts';
import type { Logger } from '../base/log.ts';
import type { Store } from '../store/store.ts';
import { carryOutJournal } from './apply-journal.ts';
import { FIRST_JOURNAL_RETRY_MS, MAX_JOURNAL_RETRY_MS } from './limits.ts';
import type { StoreFollower } from './store-follower.ts';

export interface JournalRunnerOptions {
  readonly store: Store;
  readonly follower: StoreFollower;
  readonly clock: Clock;
  readonly log: Logger;
}

/** Carries out the journal that a large change has left, again and again where the store fails. */
export class JournalRunner {
  readonly counters = { retried: 0, failed: 0 };
  readonly #options: JournalRunnerOptions;
  #delayMs = FIRST_JOURNAL_RETRY_MS;
  #cancelRetry: (() => void) | undefined;
  #isStopped = false;

  constructor(options: JournalRunnerOptions) {
    this.#options = options;
  }

  /** Resolves when there is no journal; throws what the store throws, and tries again later by itself. */
  async run(): Promise<void> {
    try {
      const revision = await carryOutJournal(this.#options.store);
      if (revision !== undefined) await this.#options.follower.reached(revision);
      this.#delayMs = FIRST_JOURNAL_RETRY_MS;
    } catch (error) {
      this.counters.failed++;
      this.#options.log.error('apply-unfinished', { error, retryMs: this.#delayMs });
      this.#retryLater();
      throw error;
    }
  }

  stop(): void {
    this.#isStopped = true;
    this.#cancelRetry?.();
  }

  #retryLater(): void {
    if (this.#isStopped || this.#cancelRetry !== undefined) return;
    this.#cancelRetry = this.#options.clock.after(this.#delayMs, () => {
      this.#cancelRetry = undefined;
      this.counters.retried++;
      // What it throws is logged and tried again already.
      this.run().catch(() => {});
    });
    this.#delayMs = Math.min(2 * this.#delayMs, MAX_JOURNAL_RETRY_MS);
  }
}
