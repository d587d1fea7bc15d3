import { expect, test } from 'vitest';
import { seededRandom } from '../../../src/base/random.ts';
import { FIRST_RETRY_MS, MAX_RETRY_MS, MIN_RETRY_MS, retryDelay } from '../../../src/control/retry-delay.ts';

const constant = (value: number) => ({ next: () => value, uint32: () => 0 });

test('the longest wait doubles up to its cap, the shortest stays', () => {
  const longest = [1, 2, 3, 4, 5, 50, 5000].map((sent) => Math.round(retryDelay(sent, constant(1 - 2 ** -32))));
  expect(longest).toEqual([250, 500, 1000, 2000, 2000, 2000, 2000]);
  expect([FIRST_RETRY_MS, MAX_RETRY_MS]).toEqual([250, 2000]);
  for (const sent of [1, 2, 50]) expect(retryDelay(sent, constant(0))).toBe(MIN_RETRY_MS);
});

test('the waits between are all as likely', () => {
  const random = seededRandom(7);
  const quarters = [0, 0, 0, 0];
  for (let draw = 0; draw < 4000; draw++) {
    const share = (retryDelay(4, random) - MIN_RETRY_MS) / (MAX_RETRY_MS - MIN_RETRY_MS);
    const quarter = Math.floor(share * 4);
    quarters[quarter] = (quarters[quarter] ?? 0) + 1;
  }
  for (const count of quarters) expect(Math.abs(count - 1000)).toBeLessThan(150);
});
