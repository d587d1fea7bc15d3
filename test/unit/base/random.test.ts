import { describe, expect, it } from 'vitest';
import { type Random, seededRandom, systemRandom } from '../../../src/base/random.ts';

const DRAWS = 20_000;

function draw(random: Random, count: number): number[] {
  return Array.from({ length: count }, () => random.uint32());
}

describe('a seeded generator', () => {
  it('gives the sequence of mulberry32', () => {
    expect(seededRandom(1).next()).toBe(0.6270739405881613);
    expect(draw(seededRandom(0), 3)).toEqual([1144304738, 1416247, 958946056]);
  });

  it('repeats itself for the same seed and no other', () => {
    expect(draw(seededRandom(42), 50)).toEqual(draw(seededRandom(42), 50));
    expect(draw(seededRandom(42), 50)).not.toEqual(draw(seededRandom(43), 50));
  });

  it('takes any seed for one of 32 bits', () => {
    expect(draw(seededRandom(-1), 3)).toEqual(draw(seededRandom(0xffffffff), 3));
  });
});

describe.each([
  ['seeded', () => seededRandom(7)],
  ['system', () => systemRandom],
] as const)('the %s generator', (_, open) => {
  it('stays in its ranges and sets every bit about half of the time', () => {
    const random = open();
    const words = draw(random, DRAWS);
    for (const word of words) expect(Number.isInteger(word) && word >= 0 && word < 2 ** 32).toBe(true);
    for (let bit = 0; bit < 32; bit++) {
      const share = words.filter((word) => (word >>> bit) & 1).length / DRAWS;
      expect(share).toBeGreaterThan(0.45);
      expect(share).toBeLessThan(0.55);
    }
    for (let at = 0; at < 1000; at++) {
      const float = random.next();
      expect(float >= 0 && float < 1).toBe(true);
    }
  });
});
