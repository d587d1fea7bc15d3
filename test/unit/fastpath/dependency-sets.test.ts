import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { seededRandom } from '../../../src/base/random.ts';
import { DependencySets } from '../../../src/fastpath/dependency-sets.ts';
import { runs } from '../../kit/runs.ts';

const KEYS = 8;
const STEPS = 150;
const MOST_HOLDERS = 12;

/** One holder of a set: it remembers the keys, and whether any of them was touched since it acquired it. */
interface Holder {
  readonly number: number;
  readonly keys: readonly number[];
  readonly generation: number;
  isTouched: boolean;
}

function compareWithHolders(seed: number): void {
  const random = seededRandom(seed);
  const sets = new DependencySets();
  let holders: Holder[] = [];
  const someKeys = () => Array.from({ length: KEYS }, (_, key) => key + 1).filter(() => random.uint32() % 3 === 0);
  for (let step = 0; step < STEPS; step++) {
    const choice = holders.length < MOST_HOLDERS ? random.uint32() % 4 : 2;
    if (choice < 2) {
      const keys = someKeys();
      const number = sets.acquire(keys);
      holders.push({ number, keys, generation: sets.generation(number), isTouched: false });
    } else if (choice === 2) {
      const [gone] = holders.splice(random.uint32() % Math.max(1, holders.length), 1);
      if (gone !== undefined) sets.release(gone.number);
    } else {
      const touched = someKeys();
      const concerned = holders.filter(({ keys }) => keys.some((key) => touched.includes(key)));
      expect(sets.touch(touched)).toBe(concerned.length > 0);
      for (const holder of concerned) holder.isTouched = true;
    }
    checkHolders(sets, holders);
  }
  for (const { number } of holders) sets.release(number);
  holders = [];
  checkHolders(sets, holders);
}

function checkHolders(sets: DependencySets, holders: readonly Holder[]): void {
  expect(sets.size).toBe(new Set(holders.map(({ keys }) => keys.join())).size);
  for (const { number, generation, isTouched } of holders) {
    expect(sets.generation(number) !== generation).toBe(isTouched);
  }
  const byKeys = new Map(holders.map(({ keys, number }) => [keys.join(), number]));
  for (const { keys, number } of holders) expect(number).toBe(byKeys.get(keys.join()));
  expect(new Set(byKeys.values()).size).toBe(byKeys.size);
  for (let key = 1; key <= KEYS; key++) {
    expect(sets.isHeld(key)).toBe(holders.some(({ keys }) => keys.includes(key)));
  }
}

describe('dependency sets', () => {
  it('tell every holder of a change, and nobody else, while sets come and go', () => {
    fc.assert(fc.property(fc.integer(), compareWithHolders), { numRuns: runs(25) });
  });

  it('are one for the same keys, and go with the last who holds them', () => {
    const sets = new DependencySets();
    const first = sets.acquire([1, 2]);
    expect(sets.acquire([1, 2])).toBe(first);
    expect(sets.acquire([1, 2, 3])).not.toBe(first);
    expect(sets.acquire([12])).not.toBe(first);
    expect(sets.size).toBe(3);
    sets.release(first);
    expect(sets.isHeld(2)).toBe(true);
    sets.release(first);
    expect(sets.size).toBe(2);
    expect(sets.isHeld(2)).toBe(true);
    expect(sets.isHeld(12)).toBe(true);
    sets.release(first);
    expect(sets.size).toBe(2);
  });

  it('are touched by any of their keys, and by each', () => {
    const sets = new DependencySets();
    const set = sets.acquire([1, 2]);
    const other = sets.acquire([3]);
    const generations = [sets.generation(set)];
    for (const keys of [[1], [2], [1, 2, 9]]) {
      expect(sets.touch(keys)).toBe(true);
      generations.push(sets.generation(set));
    }
    expect(new Set(generations).size).toBe(generations.length);
    expect(sets.touch([9])).toBe(false);
    expect(sets.generation(other)).toBe(0);
  });

  it('of nothing are touched by nothing', () => {
    const sets = new DependencySets();
    const empty = sets.acquire([]);
    expect(sets.touch([1])).toBe(false);
    expect(sets.generation(empty)).toBe(0);
    sets.release(empty);
    expect(sets.size).toBe(0);
  });
});
