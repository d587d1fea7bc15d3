import type { Clock } from '../base/clock.ts';
import { type Item, MAX_LOOKUP_KEYS, type MappingKey } from '../control/messages.ts';

/** Mappings that wait to be asked for; what does not fit is asked when it is wanted again. */
export const MAX_QUEUED_LOOKUPS = 4096;
/** Between an answer that did not help and asking again, ms. */
const ASK_AGAIN_MS = 100;

export interface LookupsOptions {
  readonly clock: Clock;
  /** Asks the mapping daemon; `done` gets no items when the session ended first. False: not now. */
  ask(keys: readonly MappingKey[], done: (items: readonly Item[] | undefined) => void): boolean;
  apply(items: readonly Item[]): void;
  /** Whether packets still wait for the mapping. */
  isWanted(key: MappingKey): boolean;
}

/**
 * Asks for mappings, each once at a time, many in one message, and again while packets wait for them.
 * Who only refreshes a mapping asks again itself, as `Agent` does while the mapping is due.
 */
export class Lookups {
  readonly counters = { asked: 0, answered: 0, overflowed: 0 };
  readonly #options: LookupsOptions;
  readonly #queued = new Map<string, MappingKey>();
  /** Asked and not answered, or answered in vain a moment ago. */
  readonly #asked = new Set<string>();
  #cancelFlush: (() => void) | undefined;
  readonly #pauses = new Set<() => void>();
  #isStopped = false;

  constructor(options: LookupsOptions) {
    this.#options = options;
  }

  want(key: MappingKey): void {
    const name = mappingName(key);
    if (this.#isStopped || this.#asked.has(name) || this.#queued.has(name)) return;
    if (this.#queued.size >= MAX_QUEUED_LOOKUPS) {
      this.counters.overflowed++;
      return;
    }
    this.#queued.set(name, key);
    this.#flushSoon();
  }

  /** The session is ready, or one of its requests ended: what waits can go on. */
  flush(): void {
    while (this.#queued.size > 0) {
      const batch = [...this.#queued].slice(0, MAX_LOOKUP_KEYS);
      const keys = batch.map(([, key]) => key);
      if (!this.#options.ask(keys, (items) => this.#answered(keys, items))) return;
      this.counters.asked += keys.length;
      for (const [name] of batch) {
        this.#queued.delete(name);
        this.#asked.add(name);
      }
    }
  }

  stop(): void {
    this.#isStopped = true;
    this.#cancelFlush?.();
    for (const cancel of this.#pauses) cancel();
    this.#queued.clear();
  }

  /** What is wanted at the same moment goes into the same message. */
  #flushSoon(): void {
    this.#cancelFlush ??= this.#options.clock.after(0, () => {
      this.#cancelFlush = undefined;
      this.flush();
    });
  }

  #answered(keys: readonly MappingKey[], items: readonly Item[] | undefined): void {
    if (this.#isStopped) return;
    if (items !== undefined) {
      this.counters.answered += keys.length;
      // The keys count as asked meanwhile: what the items set off must not ask for them at once.
      this.#options.apply(items);
    }
    const inVain = keys.filter((key) => this.#options.isWanted(key));
    if (inVain.length > 0) this.#askAgainLater(inVain);
    for (const key of keys) if (!inVain.includes(key)) this.#asked.delete(mappingName(key));
    if (this.#queued.size > 0) this.#flushSoon();
  }

  #askAgainLater(keys: readonly MappingKey[]): void {
    const cancel = this.#options.clock.after(ASK_AGAIN_MS, () => {
      this.#pauses.delete(cancel);
      for (const key of keys) this.#asked.delete(mappingName(key));
      for (const key of keys) if (this.#options.isWanted(key)) this.want(key);
    });
    this.#pauses.add(cancel);
  }
}

export function mappingName(key: MappingKey): string {
  return `${key.gni}/${key.address}`;
}
