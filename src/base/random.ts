import { randomInt } from 'node:crypto';

/** Uniform randomness as an argument. Never used for keys. */
export interface Random {
  /** A float in [0, 1). */
  next(): number;
  /** An integer in [0, 2^32). */
  uint32(): number;
}

export const systemRandom: Random = {
  next: () => Math.random(),
  uint32: () => randomInt(0, 2 ** 32),
};

/** A seeded generator (mulberry32, public domain): the same seed gives the same sequence. */
export function seededRandom(seed: number): Random {
  let state = seed >>> 0;
  const uint32 = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return (mixed ^ (mixed >>> 14)) >>> 0;
  };
  return { uint32, next: () => uint32() / 2 ** 32 };
}
