import fc from 'fast-check';
import { buildIpv4 } from '../../../src/packet/build.ts';
import { internetChecksum } from '../../../src/packet/checksum.ts';

export const GUEST_A = 0x0a01021e;
export const GUEST_B = 0x0a010232;

export const anyUint8 = fc.integer({ min: 0, max: 255 });
export const anyUint16 = fc.integer({ min: 0, max: 65535 });
export const anyUint32 = fc.integer({ min: 0, max: 2 ** 32 - 1 });

/** IPv4 packets with every field of the header at will, also with payloads too short for their protocol. */
export const anyPacketFields = fc.record({
  source: anyUint32,
  destination: anyUint32,
  protocol: fc.oneof(fc.constantFrom(1, 6, 17), anyUint8),
  ttl: anyUint8,
  tos: anyUint8,
  identification: anyUint16,
  dontFragment: fc.boolean(),
  moreFragments: fc.boolean(),
  fragmentOffset: fc.oneof(
    fc.constant(0),
    fc.integer({ min: 0, max: 8191 }).map((eighths) => eighths * 8),
  ),
  options: fc.integer({ min: 0, max: 10 }).map((words) => new Uint8Array(words * 4).fill(1)),
  payload: fc.uint8Array({ maxLength: 60 }),
});

export const anyPacket = anyPacketFields.map(buildIpv4);

/** Noise; packets cut off or with some bytes changed; and changed ones whose header checksum is right again. */
export const anyBytes = fc.oneof(
  fc.uint8Array({ maxLength: 80 }),
  fc
    .tuple(anyPacket, fc.array(fc.tuple(fc.nat(90), anyUint8), { maxLength: 3 }), fc.nat(120), fc.boolean())
    .map(([packet, changes, length, isRepaired]) => {
      const bytes = packet.slice(0, length);
      for (const [at, value] of changes) if (at < bytes.length) bytes[at] = value;
      if (isRepaired) repairHeaderChecksum(bytes);
      return bytes;
    }),
);

/** Makes the header checksum of what may be an IPv4 packet right, in place. */
export function repairHeaderChecksum(bytes: Uint8Array): void {
  if (bytes.length < 20) return;
  bytes.fill(0, 10, 12);
  const checksum = internetChecksum(bytes.subarray(0, ((bytes[0] ?? 0) & 15) * 4));
  bytes[10] = checksum >>> 8;
  bytes[11] = checksum & 255;
}
