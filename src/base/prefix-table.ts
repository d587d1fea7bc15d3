import { netmask, type Prefix } from './ipv4.ts';

/**
 * Values by prefix, found by the longest prefix that covers an address. Look-ups try each prefix
 * length that is present, longest first; networks have few lengths.
 */
export class PrefixTable<Value> {
  readonly #byLength = new Map<number, Map<number, Value>>();
  /** Lengths present, descending. */
  #lengths: readonly number[] = [];

  set(prefix: Prefix, value: Value): void {
    let values = this.#byLength.get(prefix.length);
    if (values === undefined) {
      values = new Map();
      this.#byLength.set(prefix.length, values);
      this.#lengths = [...this.#byLength.keys()].toSorted((a, b) => b - a);
    }
    values.set(prefix.address, value);
  }

  delete(prefix: Prefix): void {
    const values = this.#byLength.get(prefix.length);
    values?.delete(prefix.address);
    if (values?.size === 0) {
      this.#byLength.delete(prefix.length);
      this.#lengths = this.#lengths.filter((length) => length !== prefix.length);
    }
  }

  get(prefix: Prefix): Value | undefined {
    return this.#byLength.get(prefix.length)?.get(prefix.address);
  }

  /** The value of the longest prefix that covers `address`. */
  lookup(address: number): Value | undefined {
    return this.#longest(address, 32);
  }

  /** The value of the longest prefix that covers `prefix` and is shorter: whose readers it takes over. */
  covering(prefix: Prefix): Value | undefined {
    return this.#longest(prefix.address, prefix.length - 1);
  }

  #longest(address: number, maxLength: number): Value | undefined {
    for (const length of this.#lengths) {
      if (length > maxLength) continue;
      const value = this.#byLength.get(length)?.get((address & netmask(length)) >>> 0);
      if (value !== undefined) return value;
    }
    return undefined;
  }
}
