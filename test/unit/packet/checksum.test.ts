import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { headChecksum, internetChecksum, pseudoHeaderSum, updatedChecksum } from '../../../src/packet/checksum.ts';

/** RFC 1071 as it reads: add 16-bit words with end-around carry, one at a time, then complement. */
function obviousChecksum(bytes: Uint8Array, initial = 0): number {
  let sum = initial % 65535 === 0 && initial > 0 ? 65535 : initial % 65535;
  for (let at = 0; at < bytes.length; at += 2) {
    sum += (bytes[at] ?? 0) * 256 + (bytes[at + 1] ?? 0);
    if (sum > 65535) sum -= 65535;
  }
  return 65535 - sum;
}

describe('the Internet checksum', () => {
  it('gives the example of RFC 1071 section 3', () => {
    const bytes = Uint8Array.from([0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7]);
    expect(internetChecksum(bytes)).toBe(~0xddf2 & 0xffff);
  });

  it('equals the obvious model for any bytes and initial sum', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), fc.nat(2 ** 31 - 1), (bytes, initial) => {
        expect(internetChecksum(bytes, initial)).toBe(obviousChecksum(bytes, initial));
      }),
    );
  });

  it('does not overflow over the longest packet', () => {
    const bytes = new Uint8Array(65535).fill(0xff);
    expect(internetChecksum(bytes, 2 ** 31 - 1)).toBe(obviousChecksum(bytes, 2 ** 31 - 1));
  });

  it('is zero over bytes that include it', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 2, maxLength: 100 }), (bytes) => {
        bytes[0] = 0;
        bytes[1] = 0;
        const checksum = internetChecksum(bytes);
        bytes[0] = checksum >>> 8;
        bytes[1] = checksum & 0xff;
        expect(internetChecksum(bytes)).toBe(0);
      }),
    );
  });

  it('reads no further than it is told', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), fc.uint8Array({ maxLength: 9 }), (head, rest) => {
        const both = new Uint8Array([...head, ...rest]);
        expect(headChecksum(both, head.length)).toBe(internetChecksum(head));
      }),
    );
  });

  it('sums the pseudo-header as if it were bytes', () => {
    const bytes = Uint8Array.from([10, 1, 2, 30, 10, 1, 2, 50, 0, 17, 0x04, 0xd2]);
    const sum = pseudoHeaderSum(0x0a01021e, 0x0a010232, 17, 1234);
    expect(internetChecksum(new Uint8Array(0), sum)).toBe(internetChecksum(bytes));
  });
});

describe('the incremental checksum', () => {
  it('gives the example of RFC 1624 section 4', () => {
    expect(updatedChecksum(0xdd2f, 0x5555, 0x3285)).toBe(0x0000);
  });

  it('equals a full computation wherever a word changes in a header', () => {
    const header = fc.uint8Array({ minLength: 20, maxLength: 20 });
    const word = fc.integer({ min: 0, max: 65535 });
    fc.assert(
      fc.property(header, fc.integer({ min: 1, max: 8 }), word, (bytes, index, changed) => {
        // A first word that is not zero, as in any IP header: 0x0000 and 0xffff are then one value.
        bytes[0] = 0x45;
        const before = internetChecksum(bytes);
        const old = ((bytes[index * 2] ?? 0) << 8) | (bytes[index * 2 + 1] ?? 0);
        bytes[index * 2] = changed >>> 8;
        bytes[index * 2 + 1] = changed & 0xff;
        expect(updatedChecksum(before, old, changed) % 65535).toBe(internetChecksum(bytes) % 65535);
      }),
    );
  });
});
