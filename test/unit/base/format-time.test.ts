import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatTime } from '../../../src/base/format-time.ts';

const LAST = 253_402_300_800n * 1_000_000_000n - 1n;

describe('the time of a packet', () => {
  it.each<[bigint | undefined, number, string]>([
    [0n, 6, '1970-01-01T00:00:00.000000Z'],
    [1_795_161_600_000_000_789n, 9, '2026-11-20T08:00:00.000000789Z'],
    [1_795_161_600_999_999_999n, 6, '2026-11-20T08:00:00.999999Z'],
    [LAST, 9, '9999-12-31T23:59:59.999999999Z'],
    [LAST + 1n, 9, '-'],
    [-1n, 9, '-'],
    [undefined, 9, '-'],
  ])('%s with %i digits is %s', (timeNs, digits, text) => {
    expect(formatTime(timeNs, digits)).toBe(text);
  });

  it('never fails, whatever a capture claims', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: -(2n ** 100n), max: 2n ** 100n }), (timeNs) => {
        expect(formatTime(timeNs, 9)).toMatch(/^(-|\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z)$/);
      }),
    );
  });
});
