import { describe, expect, it } from 'vitest';
import { buildIcmpEcho, buildIcmpError, buildIpv4, buildTcp, buildUdp } from '../../../src/packet/build.ts';
import { internetChecksum, pseudoHeaderSum } from '../../../src/packet/checksum.ts';
import { GUEST_A, GUEST_B } from './packets.ts';

const ends = { source: GUEST_A, destination: GUEST_B };
const ports = { ...ends, sourcePort: 4660, destinationPort: 7 };

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}

describe('built packets', () => {
  it('hold UDP as it stands on the wire', () => {
    const packet = buildUdp({ ...ports, payload: Buffer.from('weft'), identification: 1 });
    expect(hex(packet)).toBe('45000020000100004011627b0a01021e0a01023212340007000cf76f77656674');
  });

  it.each([0, 1, 2, 1371, 1372])('have right TCP and UDP checksums over %i bytes of payload', (length) => {
    const payload = new Uint8Array(length).fill(0xa7);
    for (const [protocol, packet] of [
      [17, buildUdp({ ...ports, payload })],
      [6, buildTcp({ ...ports, payload, flags: 0x18, tcpOptions: Uint8Array.of(2, 4, 5, 0x50) })],
    ] as const) {
      const segment = packet.subarray(20);
      const sum = pseudoHeaderSum(ends.source, ends.destination, protocol, segment.length);
      expect(internetChecksum(packet.subarray(0, 20))).toBe(0);
      expect(internetChecksum(segment, sum)).toBe(0);
    }
  });

  it('never carry a UDP checksum of 0, which would say that there is none', () => {
    // One payload word that makes the sum of all words 0xffff.
    const bare = buildUdp({ ...ports, payload: Uint8Array.of(0, 0) });
    const payload = bare.slice(26, 28);
    expect(hex(buildUdp({ ...ports, payload }).subarray(26, 28))).toBe('ffff');
  });

  it('hold an ICMP echo with a right checksum', () => {
    const packet = buildIcmpEcho({ ...ends, id: 7, sequence: 1, payload: Uint8Array.of(1, 2, 3) });
    expect(internetChecksum(packet.subarray(20))).toBe(0);
    expect(hex(packet.subarray(20, 22))).toBe('0800');
    expect(hex(packet.subarray(24))).toBe('00070001010203');
  });

  it('quote as much of a packet as an ICMP error of 576 bytes may hold', () => {
    const small = buildUdp(ports);
    const large = buildUdp({ ...ports, payload: new Uint8Array(1400).fill(9) });
    const error = { ...ends, type: 3, code: 4, nextHopMtu: 1400 };
    const ofSmall = buildIcmpError({ ...error, quoted: small });
    const ofLarge = buildIcmpError({ ...error, quoted: large });
    expect(ofSmall.subarray(28)).toEqual(small);
    expect(ofLarge.length).toBe(576);
    expect(ofLarge.subarray(28)).toEqual(large.subarray(0, 548));
    for (const packet of [ofSmall, ofLarge]) {
      expect(internetChecksum(packet.subarray(20))).toBe(0);
      expect(hex(packet.subarray(24, 28))).toBe('00000578');
    }
  });

  it('refuse what an IP header cannot hold', () => {
    const fields = { ...ends, protocol: 17, payload: new Uint8Array(0) };
    expect(() => buildIpv4({ ...fields, options: new Uint8Array(3) })).toThrow(RangeError);
    expect(() => buildIpv4({ ...fields, options: new Uint8Array(44) })).toThrow(RangeError);
    expect(() => buildIpv4({ ...fields, fragmentOffset: 4 })).toThrow(RangeError);
    expect(() => buildIpv4({ ...fields, payload: new Uint8Array(65516) })).toThrow(RangeError);
  });
});
