import type { StateKey } from '../../model/snapshot.ts';

/** Gives out state keys, each once, and remembers what they stand for while it exists. */
export class StateKeys {
  readonly #labels = new Map<StateKey, string>();
  #next: StateKey = 1;

  create(label: string): StateKey {
    const key = this.#next++;
    this.#labels.set(key, label);
    return key;
  }

  forget(key: StateKey): void {
    this.#labels.delete(key);
  }

  describe(key: StateKey): string {
    return this.#labels.get(key) ?? 'gone';
  }
}

/** Told the keys of every change, after it took effect. */
export type Touched = (keys: readonly StateKey[]) => void;
