import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  buildIcmpEcho,
  buildIcmpError,
  buildIpv4,
  buildTcp,
  buildUdp,
  type Ipv4Packet,
} from '../../../src/packet/build.ts';
import {
  FRAGMENT_FIRST,
  FRAGMENT_LATER,
  FRAGMENT_NONE,
  PARSE_FAULTS,
  PacketView,
} from '../../../src/packet/packet-view.ts';
import { anyBytes, anyPacketFields, GUEST_A, GUEST_B, repairHeaderChecksum } from './packets.ts';
import { runs } from '../../kit/runs.ts';

const ends = { source: GUEST_A, destination: GUEST_B };
const udp = { ...ends, sourcePort: 5000, destinationPort: 53 };

function view(bytes: Uint8Array): PacketView {
  const parsed = new PacketView();
  expect(parsed.parse(bytes)).toBeUndefined();
  return parsed;
}

function faultOf(bytes: Uint8Array): string | undefined {
  return new PacketView().parse(bytes);
}

/** The packet with one byte changed and a header checksum that is right again. */
function patched(bytes: Uint8Array, at: number, value: number): Uint8Array {
  const changed = bytes.slice();
  changed[at] = value;
  repairHeaderChecksum(changed);
  return changed;
}

describe('what a packet view shows', () => {
  it('shows UDP ports and the header fields', () => {
    const packet = view(buildUdp({ ...udp, ttl: 7, tos: 0xba, identification: 99, dontFragment: true }));
    expect(packet).toMatchObject({
      ...ends,
      protocol: 17,
      ttl: 7,
      tos: 0xba,
      identification: 99,
      dontFragment: true,
      hasOptions: false,
      headerLength: 20,
      totalLength: 28,
      fragment: FRAGMENT_NONE,
      hasPorts: true,
      sourcePort: 5000,
      destinationPort: 53,
    });
  });

  it('shows TCP flags behind IP options', () => {
    const options = Uint8Array.of(1, 1, 1, 0);
    const packet = view(buildTcp({ ...ends, sourcePort: 65535, destinationPort: 443, flags: 0x12, options }));
    expect(packet).toMatchObject({ hasOptions: true, headerLength: 24, hasPorts: true, destinationPort: 443 });
    expect(packet.tcpFlags).toBe(0x12);
  });

  it.each([true, false])('shows the identifier of an ICMP echo (reply: %s)', (reply) => {
    const packet = view(buildIcmpEcho({ ...ends, reply, id: 4711, sequence: 3 }));
    expect(packet).toMatchObject({ hasPorts: false, icmpType: reply ? 0 : 8, icmpId: 4711, isIcmpError: false });
  });

  it.each([3, 4, 5, 11, 12])('knows ICMP type %i as an error, without identifier', (type) => {
    const packet = view(buildIcmpError({ ...ends, type, code: 4, nextHopMtu: 1400, quoted: buildUdp(udp) }));
    expect(packet).toMatchObject({ icmpType: type, icmpCode: 4, isIcmpError: true, icmpId: 0 });
  });

  it('shows the ports of a first fragment and none of a later one', () => {
    const payload = buildUdp(udp).subarray(20);
    const fields = { ...ends, protocol: 17, payload };
    expect(view(buildIpv4({ ...fields, moreFragments: true }))).toMatchObject({
      fragment: FRAGMENT_FIRST,
      hasPorts: true,
      sourcePort: 5000,
    });
    for (const moreFragments of [true, false]) {
      const later = view(buildIpv4({ ...fields, moreFragments, fragmentOffset: 8 }));
      expect(later).toMatchObject({ fragment: FRAGMENT_LATER, hasPorts: false, sourcePort: 0, destinationPort: 0 });
    }
  });

  it.each(Array.from({ length: 13 }, (_, bit) => 8 << bit))('knows a fragment at byte %i as a later one', (offset) => {
    const bytes = buildIpv4({ ...ends, protocol: 6, payload: new Uint8Array(20), fragmentOffset: offset });
    expect(view(bytes)).toMatchObject({ fragment: FRAGMENT_LATER, hasPorts: false });
  });

  it('guesses nothing about an unknown protocol', () => {
    const packet = view(buildIpv4({ ...ends, protocol: 132, payload: Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8) }));
    expect(packet).toMatchObject({ protocol: 132, hasPorts: false, sourcePort: 0, icmpType: 0, tcpFlags: 0 });
  });

  it('keeps nothing of the packet before', () => {
    const packets = [
      buildTcp({ ...ends, sourcePort: 1, destinationPort: 2, flags: 0xff, options: new Uint8Array(4) }),
      buildIcmpEcho({ ...ends, id: 77, sequence: 1 }),
      buildIcmpError({ ...ends, type: 3, code: 1, quoted: buildUdp(udp) }),
      buildIpv4({ ...ends, protocol: 47, payload: new Uint8Array(0), fragmentOffset: 64 }),
      buildUdp(udp),
    ];
    const reused = new PacketView();
    for (const first of packets) {
      for (const second of packets) {
        reused.parse(first);
        reused.parse(second);
        expect(reused).toEqual(view(second));
      }
    }
  });
});

describe('what a packet view rejects', () => {
  const packet = buildUdp(udp);

  it('every truncation of a packet, by length alone', () => {
    for (let length = 0; length < packet.length; length++) {
      expect(faultOf(packet.subarray(0, length))).toBe(length < 20 ? 'too-short' : 'bad-total-length');
    }
  });

  it('bytes after the packet', () => {
    expect(faultOf(new Uint8Array([...packet, 0]))).toBe('bad-total-length');
  });

  it('IPv6 and other versions', () => {
    expect(faultOf(patched(packet, 0, 0x65))).toBe('not-ipv4');
    expect(faultOf(new Uint8Array(40))).toBe('not-ipv4');
  });

  it('a header shorter than 20 bytes or longer than the packet', () => {
    expect(faultOf(patched(packet, 0, 0x44))).toBe('bad-header-length');
    expect(faultOf(patched(packet, 0, 0x48))).toBe('bad-header-length');
  });

  it('any single bit wrong in the header', () => {
    for (let bit = 0; bit < 160; bit++) {
      const changed = packet.slice();
      changed[bit >>> 3] = (changed[bit >>> 3] ?? 0) ^ (1 << (bit & 7));
      expect(faultOf(changed)).toBeDefined();
    }
  });

  it.each([
    [6, 20],
    [17, 8],
    [1, 8],
  ])('protocol %i with fewer than %i bytes, unless it is a later fragment', (protocol, least) => {
    const fields: Ipv4Packet = { ...ends, protocol, payload: new Uint8Array(least) };
    const short = { ...fields, payload: new Uint8Array(least - 1) };
    expect(faultOf(buildIpv4(fields))).toBeUndefined();
    expect(faultOf(buildIpv4(short))).toBe('truncated-transport');
    expect(faultOf(buildIpv4({ ...short, moreFragments: true }))).toBe('truncated-transport');
    expect(faultOf(buildIpv4({ ...short, fragmentOffset: 8 }))).toBeUndefined();
  });
});

describe('any bytes', () => {
  it('parse or give a fault of the closed list', () => {
    const reused = new PacketView();
    fc.assert(
      fc.property(anyBytes, (bytes) => {
        const fault = reused.parse(bytes);
        expect([undefined, ...PARSE_FAULTS]).toContain(fault);
      }),
      { numRuns: runs(2000) },
    );
  });

  it('of a packet show the fields that it was built from', () => {
    fc.assert(
      fc.property(anyPacketFields, (fields) => {
        const parsed = new PacketView();
        if (parsed.parse(buildIpv4(fields)) !== undefined) return;
        const { options, payload, moreFragments, fragmentOffset, ...shown } = fields;
        expect(parsed).toMatchObject({ ...shown, headerLength: 20 + options.length });
        expect(parsed.totalLength).toBe(20 + options.length + payload.length);
        expect(parsed.fragment !== FRAGMENT_NONE).toBe(moreFragments || fragmentOffset > 0);
      }),
    );
  });

  it('that are accepted are what their fields build again', () => {
    const parsed = new PacketView();
    fc.assert(
      fc.property(anyBytes, (bytes) => {
        if (parsed.parse(bytes) !== undefined) return;
        const word = ((bytes[6] ?? 0) << 8) | (bytes[7] ?? 0);
        // The reserved bit is passed on unseen, and 0xffff for 0x0000 is the same checksum.
        fc.pre((word & 0x8000) === 0 && !(bytes[10] === 255 && bytes[11] === 255));
        const rebuilt = buildIpv4({
          source: parsed.source,
          destination: parsed.destination,
          protocol: parsed.protocol,
          ttl: parsed.ttl,
          tos: parsed.tos,
          identification: parsed.identification,
          dontFragment: parsed.dontFragment,
          moreFragments: (word & 0x2000) !== 0,
          fragmentOffset: (word & 0x1fff) * 8,
          options: bytes.slice(20, parsed.headerLength),
          payload: bytes.slice(parsed.headerLength),
        });
        expect(rebuilt).toEqual(new Uint8Array(bytes));
      }),
    );
  });
});
