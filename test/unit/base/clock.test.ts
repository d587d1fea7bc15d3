import { expect, test } from 'vitest';
import { systemClock } from '../../../src/base/clock.ts';

/** Keeps the process alive meanwhile, which timers of the clock do not. */
function fired(delayMs: number): Promise<number> {
  const keepAlive = setInterval(() => {}, 1000);
  return new Promise((resolve) => {
    systemClock.after(delayMs, () => {
      clearInterval(keepAlive);
      resolve(systemClock.now());
    });
  });
}

test('the clock does not go back, and a timer is never early', async () => {
  const started = systemClock.now();
  expect(await fired(5)).toBeGreaterThanOrEqual(started + 4); // Node rounds to whole milliseconds.
  expect(Math.abs(systemClock.wallTime().getTime() - Date.now())).toBeLessThan(60_000);
});

test('a cancelled timer does not run, and one that ran may be cancelled', async () => {
  const ran: string[] = [];
  const cancel = systemClock.after(0, () => ran.push('cancelled'));
  cancel();
  const cancelLate = systemClock.after(0, () => ran.push('run'));
  await fired(2);
  cancelLate();
  cancel();
  expect(ran).toEqual(['run']);
});

test('a timer does not keep the process alive', () => {
  const before = process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length;
  const cancel = systemClock.after(60_000, () => {});
  const after = process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length;
  cancel();
  expect(after).toBe(before);
});
