import { expect, test } from 'vitest';
import { wallNanoseconds } from '../../../src/base/wall-time.ts';

test('is the wall clock, to less than its own milliseconds', () => {
  const milliseconds = Array.from({ length: 50 }, () => {
    const before = BigInt(Date.now());
    const now = wallNanoseconds();
    return { now, early: before * 1_000_000n - now, late: now - BigInt(Date.now() + 1) * 1_000_000n };
  });
  for (const { early, late } of milliseconds) {
    expect(early).toBeLessThan(2_000_000n);
    expect(late).toBeLessThan(2_000_000n);
  }
});

test('does not go back', () => {
  let before = 0n;
  for (let read = 0; read < 10_000; read++) {
    const now = wallNanoseconds();
    expect(now >= before).toBe(true);
    before = now;
  }
});
