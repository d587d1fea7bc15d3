import fc from 'fast-check';
import { expect, it } from 'vitest';
import { buildUdp } from '../../../src/packet/build.ts';
import { headChecksum } from '../../../src/packet/checksum.ts';
import { packetDigest } from '../../../src/packet/packet-digest.ts';

const PACKET = buildUdp({ source: 1, destination: 2, sourcePort: 3, destinationPort: 4, payload: new Uint8Array(30) });

function changed(at: number, value: number): Uint8Array {
  const bytes = PACKET.slice();
  bytes[at] = value;
  return bytes;
}

it('is 16 hexadecimal digits', () => {
  expect(packetDigest(PACKET)).toMatch(/^[0-9a-f]{16}$/);
});

it('stays where a router marks congestion and writes the checksum anew', () => {
  const marked = changed(1, 3);
  marked.set([0, 0], 10);
  const sum = headChecksum(marked, 20);
  marked.set([sum >>> 8, sum & 0xff], 10);
  expect(marked).not.toEqual(PACKET);
  expect(packetDigest(marked)).toBe(packetDigest(PACKET));
});

it('differs with any other byte, and with the length', () => {
  fc.assert(
    fc.property(fc.nat(PACKET.length - 1), fc.integer({ min: 1, max: 255 }), (at, change) => {
      const isOnTheWay = at === 1 || at === 10 || at === 11;
      const other = packetDigest(changed(at, (PACKET[at] ?? 0) ^ change));
      expect(other === packetDigest(PACKET)).toBe(isOnTheWay);
    }),
  );
  expect(packetDigest(PACKET.subarray(0, -1))).not.toBe(packetDigest(PACKET));
});
