import type { Clock } from '../base/clock.ts';
import { type Item, MAX_LOOKUP_KEYS, type MappingKey } from '../control/messages.ts';

/** Mappings that wait to be asked for; what does not fit is asked when it is wanted again. */
export const MAX_QUEUED_LOOKUPS = 4096;
/** Between an answer that left a mapping out and asking for it again, ms. */
const ASK_AGAIN_MS = 100;

export interface LookupsOptions {
  readonly clock: Clock;
  /** Asks the mapping daemon; `done` gets no items when the session ended first. False: not now. */
  ask(keys: readonly MappingKey[], done: (items: readonly Item[] | undefined) => void): boolean;
  apply(items: readonly Item[]): void;
  /** Whether packets still wait for the mapping. */
  isWanted(key: MappingKey): boolean;
}

/** Asks for mappings, each once at a time, many in one message, and again while packets wait for them. */
export class Lookups {
  readonly counters = { asked: 0, answered: 0, overflowed: 0 };
  readonly #options: LookupsOptions;
  readonly #queued = new Map<string, MappingKey>();
  readonly #inFlight = new Set<string>();
  #cancelFlush: (() => void) | undefined;

  constructor(options: LookupsOptions) {
    this.#options = options;
  }

  want(key: MappingKey): void {
    const name = mappingName(key);
    if (this.#inFlight.has(name) || this.#queued.has(name)) return;
    if (this.#queued.size >= MAX_QUEUED_LOOKUPS) {
      this.counters.overflowed++;
      return;
    }
    this.#queued.set(name, key);
    this.#flushAfter(0);
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
        this.#inFlight.add(name);
      }
    }
  }

  stop(): void {
    this.#cancelFlush?.();
    this.#queued.clear();
  }

  #flushAfter(delayMs: number): void {
    if (this.#cancelFlush !== undefined) return;
    this.#cancelFlush = this.#options.clock.after(delayMs, () => {
      this.#cancelFlush = undefined;
      this.flush();
    });
  }

  #answered(keys: readonly MappingKey[], items: readonly Item[] | undefined): void {
    for (const key of keys) this.#inFlight.delete(mappingName(key));
    if (items !== undefined) {
      this.counters.answered += keys.length;
      this.#options.apply(items);
    }
    for (const key of keys) if (this.#options.isWanted(key)) this.#queued.set(mappingName(key), key);
    if (this.#queued.size > 0) this.#flushAfter(ASK_AGAIN_MS);
  }
}

export function mappingName(key: MappingKey): string {
  return `${key.gni}/${key.address}`;
}
