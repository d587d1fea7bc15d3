import { expect, test } from 'vitest';
import { TokenBuckets } from '../../../src/base/token-buckets.ts';

/** How many tokens the owner gets at once. */
function available(buckets: TokenBuckets, owner: number, now: number): number {
  let taken = 0;
  while (buckets.take(owner, now)) taken++;
  return taken;
}

test('a full bucket gives its burst, then what comes back', () => {
  const buckets = new TokenBuckets({ burst: 5, perSecond: 2 });
  expect(available(buckets, 1, 0)).toBe(5);
  expect(available(buckets, 1, 1500)).toBe(3);
  expect(available(buckets, 2, 1500)).toBe(5);
  expect(available(buckets, 1, 60_000)).toBe(5);
});

test('other terms count for everyone from then on', () => {
  const buckets = new TokenBuckets({ burst: 5, perSecond: 2 });
  expect(available(buckets, 1, 0)).toBe(5);
  expect(buckets.take(2, 0)).toBe(true);
  buckets.setTerms({ burst: 2, perSecond: 1 });
  expect(available(buckets, 2, 0)).toBe(2);
  expect(available(buckets, 3, 0)).toBe(2);
  expect(available(buckets, 1, 1000)).toBe(1);
  buckets.setTerms({ burst: 10, perSecond: 10 });
  expect(available(buckets, 1, 1500)).toBe(5);
  expect(available(buckets, 4, 1500)).toBe(10);
});
