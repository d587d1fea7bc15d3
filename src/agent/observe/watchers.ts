import { UserError } from '../../base/errors.ts';
import { isWatched, MAX_WATCHED_FLOWS, type Sighting, unionOf, type Watch } from '../../fastpath/watch.ts';

/** Streams of packets and traces open at once. */
export const MAX_WATCHERS = 16;

interface Watcher {
  readonly watch: Watch;
  readonly see: (sighting: Sighting) => void;
}

/** Those who want to see packets; the fast path is told what all of them together watch. */
export class Watchers {
  readonly #watchers = new Set<Watcher>();
  readonly #setWatch: (watch: Watch) => void;

  constructor(setWatch: (watch: Watch) => void) {
    this.#setWatch = setWatch;
  }

  /** `see` gets borrowed bytes. Returns what ends it. Throws UserError `limit`. */
  add(watch: Watch, see: (sighting: Sighting) => void): () => void {
    if (this.#isFull(watch)) {
      throw new UserError(
        'limit',
        `no more packets can be watched: ${MAX_WATCHERS} streams, or ${MAX_WATCHED_FLOWS} flows, are`,
        'end another capture, trace or --follow',
      );
    }
    const watcher = { watch, see };
    this.#watchers.add(watcher);
    this.#tellFastPath();
    return () => {
      if (this.#watchers.delete(watcher)) this.#tellFastPath();
    };
  }

  see(seen: readonly Sighting[]): void {
    for (const sighting of seen) {
      for (const { watch, see } of this.#watchers) if (isWatched(watch, sighting)) see(sighting);
    }
  }

  #isFull({ flows }: Watch): boolean {
    const watched = [...this.#watchers].reduce((sum, { watch }) => sum + watch.flows.length, 0);
    return this.#watchers.size >= MAX_WATCHERS || watched + flows.length > MAX_WATCHED_FLOWS;
  }

  #tellFastPath(): void {
    this.#setWatch(unionOf([...this.#watchers].map(({ watch }) => watch)));
  }
}
