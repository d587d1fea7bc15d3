import { expect, it } from 'vitest';
import { Departed } from '../../../../src/agent/state/departed.ts';

const MAX_DEPARTED = 4096;

it('what went is older than its departure, and nothing else is', () => {
  const departed = new Departed<string>();
  departed.remember('a', 5);
  expect([4, 5, 6].map((revision) => departed.isOlder('a', revision))).toEqual([true, false, false]);
  expect(departed.isOlder('b', 4)).toBe(false);
  departed.clear();
  expect(departed.isOlder('a', 4)).toBe(false);
});

it('the latest departure counts, whichever was heard of last', () => {
  const departed = new Departed<number>();
  departed.remember(1, 9);
  departed.remember(1, 5);
  expect(departed.isOlder(1, 8)).toBe(true);
});

it('so many are remembered; those heard of first are forgotten', () => {
  const departed = new Departed<number>();
  for (let name = 0; name < MAX_DEPARTED; name++) departed.remember(name, 5);
  departed.remember(0, 6);
  departed.remember(MAX_DEPARTED, 5);
  const isRemembered = (name: number) => departed.isOlder(name, 4);
  expect([0, 1, 2, MAX_DEPARTED].map(isRemembered)).toEqual([true, false, true, true]);
});
