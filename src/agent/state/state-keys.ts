import type { StateKey } from '../../model/snapshot.ts';

/** What a state key stands for, for people. */
export interface KeyedRecord {
  readonly name: string;
  /** The store's revision that last said something of it; undefined while a new incarnation has not. */
  readonly revision: number | undefined;
}

/** Gives out state keys, each once, and remembers what they stand for while it exists. */
export class StateKeys {
  readonly #records = new Map<StateKey, { readonly name: string; revision: number | undefined }>();
  #next: StateKey = 1;

  create(name: string): StateKey {
    const key = this.#next++;
    this.#records.set(key, { name, revision: undefined });
    return key;
  }

  /** The mapping daemon spoke of it at a revision. */
  renew(key: StateKey, revision: number): void {
    const record = this.#records.get(key);
    if (record !== undefined) record.revision = Math.max(revision, record.revision ?? revision);
  }

  forget(key: StateKey): void {
    this.#records.delete(key);
  }

  forgetRevisions(): void {
    for (const record of this.#records.values()) record.revision = undefined;
  }

  get(key: StateKey): KeyedRecord | undefined {
    return this.#records.get(key);
  }
}

/** Told the keys of every change, after it took effect. */
export type Touched = (keys: readonly StateKey[]) => void;
