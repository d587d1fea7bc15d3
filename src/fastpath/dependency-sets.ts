import type { StateKey } from '../model/snapshot.ts';

interface DependencySet {
  readonly keys: readonly StateKey[];
  readonly name: string;
  generation: number;
  /** Flow entries and contexts that hold its number; it goes with the last. */
  holders: number;
}

/**
 * The sets of state that cached decisions depend on, interned: entries hold a set's number and the
 * generation at which they were decided. A change of state raises the generation of the sets that
 * contain it, and every entry decided before is decided again when it is next used.
 */
export class DependencySets {
  readonly #sets: (DependencySet | undefined)[] = [];
  readonly #free: number[] = [];
  readonly #byName = new Map<string, number>();
  /** Which sets contain a key. */
  readonly #containing = new Map<StateKey, Set<number>>();

  get size(): number {
    return this.#byName.size;
  }

  /** The number of the set of these keys (ascending); the caller holds it until `release`. */
  acquire(keys: readonly StateKey[]): number {
    const name = keys.join(',');
    const number = this.#byName.get(name) ?? this.#create(keys, name);
    const set = this.#sets[number];
    if (set !== undefined) set.holders++;
    return number;
  }

  release(number: number): void {
    const set = this.#sets[number];
    if (set === undefined || --set.holders > 0) return;
    this.#sets[number] = undefined;
    this.#byName.delete(set.name);
    this.#free.push(number);
    for (const key of set.keys) {
      const containing = this.#containing.get(key);
      containing?.delete(number);
      if (containing?.size === 0) this.#containing.delete(key);
    }
  }

  generation(number: number): number {
    return this.#sets[number]?.generation ?? 0;
  }

  /** Reports whether any cached decision depends on the key. */
  isHeld(key: StateKey): boolean {
    return this.#containing.has(key);
  }

  /** Says that the state under these keys changed; reports whether any cached decision depends on it. */
  touch(keys: Iterable<StateKey>): boolean {
    let isAnyHeld = false;
    for (const key of keys) {
      for (const number of this.#containing.get(key) ?? []) {
        const set = this.#sets[number];
        if (set !== undefined) set.generation = (set.generation + 1) >>> 0;
        isAnyHeld = true;
      }
    }
    return isAnyHeld;
  }

  #create(keys: readonly StateKey[], name: string): number {
    const number = this.#free.pop() ?? this.#sets.length;
    this.#sets[number] = { keys, name, generation: 0, holders: 0 };
    this.#byName.set(name, number);
    for (const key of keys) {
      const containing = this.#containing.get(key) ?? new Set();
      containing.add(number);
      this.#containing.set(key, containing);
    }
    return number;
  }
}
