import { expect, test } from 'vitest';
import { OTHER, withBoundedLabel } from '../../../src/metrics/bounded-label.ts';

test('the first so many have a label of their own, the others share one', () => {
  const labels = (count: number) => [...withBoundedLabel(Array(count).keys(), 3, (n) => `p${n}`)];
  expect(labels(3)).toEqual([
    ['p0', 0],
    ['p1', 1],
    ['p2', 2],
  ]);
  expect(labels(5).slice(3)).toEqual([
    [OTHER, 3],
    [OTHER, 4],
  ]);
});
