import { UserError } from '../../base/errors.ts';
import { type FlowMatch, isWatched, type Sighting, unionOf, WATCH_NOTHING, type Watch } from '../../fastpath/watch.ts';

/** Streams of packets open at once. */
export const MAX_WATCHERS = 16;
/** Traces that one host takes part in at once, whatever streams are open: each is compared with every packet. */
export const MAX_HOST_TRACES = 8;

type See = (sighting: Sighting) => void;

interface Watcher {
  readonly watch: Watch;
  readonly see: See;
}

/** Those who want to see packets; the fast path is told what all of them together watch. */
export class Watchers {
  readonly #streams = new Set<Watcher>();
  readonly #traces = new Set<Watcher>();
  readonly #setWatch: (watch: Watch) => void;

  constructor(setWatch: (watch: Watch) => void) {
    this.#setWatch = setWatch;
  }

  /** For a stream. `see` gets borrowed bytes. Returns what ends it. Throws UserError `limit`. */
  add(watch: Watch, see: See): () => void {
    if (this.#streams.size < MAX_WATCHERS) return this.#add(this.#streams, { watch, see });
    const what = `no more packets can be watched: ${MAX_WATCHERS} streams are open`;
    throw new UserError('limit', what, 'end another capture or --follow');
  }

  /** For a trace; as `add`. */
  addFlow(flow: FlowMatch, see: See): () => void {
    if (this.#traces.size < MAX_HOST_TRACES) {
      return this.#add(this.#traces, { watch: { ...WATCH_NOTHING, flows: [flow] }, see });
    }
    throw new UserError('limit', `no more flows can be traced: ${MAX_HOST_TRACES} are`, 'end another trace');
  }

  see(seen: readonly Sighting[]): void {
    for (const sighting of seen) {
      for (const { watch, see } of this.#streams) if (isWatched(watch, sighting)) see(sighting);
      for (const { watch, see } of this.#traces) if (isWatched(watch, sighting)) see(sighting);
    }
  }

  #add(watchers: Set<Watcher>, watcher: Watcher): () => void {
    watchers.add(watcher);
    this.#tellFastPath();
    return () => {
      if (watchers.delete(watcher)) this.#tellFastPath();
    };
  }

  #tellFastPath(): void {
    this.#setWatch(unionOf([...this.#streams, ...this.#traces].map(({ watch }) => watch)));
  }
}
