import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { buildUdp } from '../../../src/packet/build.ts';
import { internetChecksum } from '../../../src/packet/checksum.ts';
import { decapsulatedTos, outerEcn, setTos } from '../../../src/packet/ecn.ts';

const NOT = 0b00;
const ECT0 = 0b10;
const ECT1 = 0b01;
const CE = 0b11;

/** RFC 6040 figure 4: inner, outer, delivered; `undefined` is "drop". */
const FIGURE_4: readonly (readonly [number, number, number | undefined])[] = [
  [NOT, NOT, NOT],
  [NOT, ECT0, NOT],
  [NOT, ECT1, NOT],
  [NOT, CE, undefined],
  [ECT0, NOT, ECT0],
  [ECT0, ECT0, ECT0],
  [ECT0, ECT1, ECT1],
  [ECT0, CE, CE],
  [ECT1, NOT, ECT1],
  [ECT1, ECT0, ECT1],
  [ECT1, ECT1, ECT1],
  [ECT1, CE, CE],
  [CE, NOT, CE],
  [CE, ECT0, CE],
  [CE, ECT1, CE],
  [CE, CE, CE],
];

describe('ECN in tunnels', () => {
  it.each([NOT, ECT0, ECT1, CE])('copies %i to the outer header, without the DSCP', (ecn) => {
    expect(outerEcn(ecn)).toBe(ecn);
    expect(outerEcn(0xb8 | ecn)).toBe(ecn);
  });

  it.each(FIGURE_4)('decapsulates inner %i under outer %i as %s', (inner, outer, delivered) => {
    expect(decapsulatedTos(inner, outer)).toBe(delivered);
  });

  it('keeps the inner DSCP and never takes the outer one', () => {
    for (const [inner, outer, delivered] of FIGURE_4) {
      const expected = delivered === undefined ? undefined : 0x28 | delivered;
      expect(decapsulatedTos(0x28 | inner, 0xb8 | outer)).toBe(expected);
    }
  });
});

describe('setTos', () => {
  it('leaves a right header checksum and changes nothing else', () => {
    const byte = fc.integer({ min: 0, max: 255 });
    fc.assert(
      fc.property(byte, byte, fc.integer({ min: 0, max: 65535 }), (from, to, identification) => {
        const fields = {
          source: 0x0a01021e,
          destination: 0x0a010232,
          sourcePort: 1,
          destinationPort: 2,
          identification,
        };
        const changed = buildUdp({ ...fields, tos: from });
        setTos(changed, to);
        expect(internetChecksum(changed.subarray(0, 20))).toBe(0);
        expect(changed).toEqual(buildUdp({ ...fields, tos: to }));
      }),
    );
  });

  it('refuses what cannot be an IP header', () => {
    expect(() => setTos(new Uint8Array(19), 0)).toThrow(RangeError);
  });
});
