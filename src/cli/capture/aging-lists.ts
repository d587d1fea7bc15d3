interface Entry<T> {
  readonly key: string;
  readonly value: T;
  readonly deadline: number;
}

/** Lists by key whose entries expire. Deadlines never go back from one entry to the next. */
export class AgingLists<T> {
  readonly #lists = new Map<string, Entry<T>[]>();
  /** Oldest first. */
  readonly #byAge = new Set<Entry<T>>();

  get size(): number {
    return this.#byAge.size;
  }

  append(key: string, value: T, deadline: number): void {
    const entry = { key, value, deadline };
    this.#byAge.add(entry);
    const list = this.#lists.get(key);
    if (list === undefined) this.#lists.set(key, [entry]);
    else list.push(entry);
  }

  /** Those of the key, oldest first. */
  of(key: string): readonly T[] {
    return (this.#lists.get(key) ?? []).map(({ value }) => value);
  }

  /** Takes the oldest of the key out. */
  shift(key: string): T | undefined {
    const list = this.#lists.get(key);
    const entry = list?.shift();
    if (list?.length === 0) this.#lists.delete(key);
    if (entry !== undefined) this.#byAge.delete(entry);
    return entry?.value;
  }

  /** Takes out what has expired, and returns how many. */
  expire(now: number): number {
    let expired = 0;
    for (const { key, deadline } of this.#byAge) {
      if (deadline > now) break;
      // The oldest of all is the oldest of its key.
      this.shift(key);
      expired++;
    }
    return expired;
  }
}
