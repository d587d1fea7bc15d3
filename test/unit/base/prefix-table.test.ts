import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatPrefix, netmask, type Prefix } from '../../../src/base/ipv4.ts';
import { PrefixTable } from '../../../src/base/prefix-table.ts';
import { type Random, seededRandom } from '../../../src/base/random.ts';
import { prefix } from '../../kit/cloud-of-one.ts';
import { runs } from '../../kit/runs.ts';

const CHANGES_PER_RUN = 120;
const LOOKUPS_PER_CHANGE = 8;

/** Prefixes in a list that is searched from end to end. */
class NaivePrefixTable {
  #entries: { readonly prefix: Prefix; readonly value: number }[] = [];

  set(added: Prefix, value: number): void {
    this.delete(added);
    this.#entries.push({ prefix: added, value });
  }

  delete(removed: Prefix): void {
    this.#entries = this.#entries.filter((one) => formatPrefix(one.prefix) !== formatPrefix(removed));
  }

  get(wanted: Prefix): number | undefined {
    return this.#entries.find((one) => formatPrefix(one.prefix) === formatPrefix(wanted))?.value;
  }

  /** Of prefixes shorter than `below` bits. */
  longest(address: number, below: number): number | undefined {
    const covers = ({ prefix: { address: first, length } }: { prefix: Prefix }) =>
      length < below && address >= first && address < first + 2 ** (32 - length);
    return this.#entries.filter(covers).toSorted((a, b) => b.prefix.length - a.prefix.length)[0]?.value;
  }
}

/** Addresses that differ in few bits, at both ends of a word, so that prefixes often cover each other. */
function anyAddress(random: Random): number {
  const word = random.uint32();
  return (((word & 7) << 29) | (word & 0x18) | (((word >>> 8) & 3) << 15)) >>> 0;
}

function anyPrefix(random: Random): Prefix {
  const length = [0, 1, 2, 3, 8, 16, 17, 24, 28, 29, 31, 32][random.uint32() % 12] ?? 0;
  return { address: (anyAddress(random) & netmask(length)) >>> 0, length };
}

function compareWithList(seed: number): void {
  const random = seededRandom(seed);
  const table = new PrefixTable<number>();
  const list = new NaivePrefixTable();
  for (let change = 0; change < CHANGES_PER_RUN; change++) {
    const changed = anyPrefix(random);
    for (const one of [table, list]) {
      if (change % 3 === 2) one.delete(changed);
      else one.set(changed, change);
    }
    for (let lookup = 0; lookup < LOOKUPS_PER_CHANGE; lookup++) {
      const address = anyAddress(random);
      expect(table.lookup(address)).toBe(list.longest(address, 33));
      const asked = anyPrefix(random);
      expect(table.covering(asked)).toBe(list.longest(asked.address, asked.length));
      expect(table.get(asked)).toBe(list.get(asked));
    }
  }
}

describe('a prefix table', () => {
  it('finds what a list finds, while prefixes come and go', () => {
    fc.assert(fc.property(fc.integer(), compareWithList), { numRuns: runs(15) });
  });

  it('prefers the longest prefix, down to the one of everything', () => {
    const table = new PrefixTable<string>();
    for (const text of ['0.0.0.0/0', '10.0.0.0/8', '10.1.2.0/24', '10.1.2.3/32']) table.set(prefix(text), text);
    expect(table.lookup(0x0a010203)).toBe('10.1.2.3/32');
    expect(table.lookup(0x0a010204)).toBe('10.1.2.0/24');
    expect(table.lookup(0x0aff0000)).toBe('10.0.0.0/8');
    expect(table.lookup(0xffffffff)).toBe('0.0.0.0/0');
    expect(table.covering(prefix('10.1.2.3/32'))).toBe('10.1.2.0/24');
    expect(table.covering(prefix('10.1.2.0/24'))).toBe('10.0.0.0/8');
    expect(table.covering(prefix('0.0.0.0/0'))).toBeUndefined();
  });

  it('replaces a value, and forgets what is deleted once or twice', () => {
    const table = new PrefixTable<string>();
    const lan = prefix('192.168.0.0/16');
    table.delete(lan);
    table.set(lan, 'old');
    table.set(lan, 'new');
    expect(table.get(lan)).toBe('new');
    table.delete(prefix('192.168.0.0/24'));
    expect(table.lookup(0xc0a80001)).toBe('new');
    table.delete(lan);
    table.delete(lan);
    expect(table.lookup(0xc0a80001)).toBeUndefined();
    table.set(lan, 'again');
    expect(table.lookup(0xc0a80001)).toBe('again');
  });
});
