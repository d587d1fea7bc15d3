import { describe, expect, test } from 'vitest';
import { Convergence } from '../../../src/mapper/convergence.ts';
import { ManualClock } from './manual-clock.ts';

function open() {
  const clock = new ManualClock();
  const took: number[] = [];
  return { clock, took, convergence: new Convergence({ clock, observe: (seconds) => took.push(seconds) }) };
}

describe('how long a change takes', () => {
  test('is known when the last of its pushes is settled', () => {
    const { clock, took, convergence } = open();
    let first: (() => void) | undefined;
    let second: (() => void) | undefined;
    convergence.change(() => {
      first = convergence.pushed();
      second = convergence.pushed();
    });
    clock.stall(20);
    second?.();
    expect(took).toEqual([]);
    expect([convergence.underWay, convergence.oldestSeconds]).toEqual([1, 0.02]);
    clock.stall(30);
    first?.();
    expect(took).toEqual([0.05]);
    expect([convergence.underWay, convergence.oldestSeconds]).toEqual([0, 0]);
  });

  test('is not measured where nobody is told, or nothing changed', () => {
    const { took, convergence } = open();
    convergence.change(() => {});
    expect(convergence.pushed()).toBeUndefined();
    expect([took, convergence.underWay]).toEqual([[], 0]);
  });

  test('does not mix with that of the next change', () => {
    const { clock, took, convergence } = open();
    const ends: ((() => void) | undefined)[] = [];
    convergence.change(() => void ends.push(convergence.pushed()));
    clock.stall(1000);
    convergence.change(() => void ends.push(convergence.pushed()));
    ends[1]?.();
    expect(took).toEqual([0]);
    expect(convergence.oldestSeconds).toBe(1);
    ends[0]?.();
    expect(took).toEqual([0, 1]);
  });

  test('a failure while it is told is not taken for a part of it', () => {
    const { convergence } = open();
    expect(() =>
      convergence.change(() => {
        throw new Error('of a test');
      }),
    ).toThrow('of a test');
    expect(convergence.pushed()).toBeUndefined();
  });
});
