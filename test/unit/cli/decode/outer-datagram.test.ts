import { describe, expect, it } from 'vitest';
import { readOuterDatagram } from '../../../../src/cli/decode/outer-datagram.ts';
import { buildIpv4, buildTcp, buildUdp } from '../../../../src/packet/build.ts';
import { joinBytes } from './capture-files.ts';

const fields = { source: 0x0708090a, destination: 0x01020304, sourcePort: 40_000, destinationPort: 7790 };
const payload = Uint8Array.of(1, 2, 3, 4);
const packet = buildUdp({ ...fields, payload });

const expected = {
  source: { address: 0x0708090a, port: 40_000 },
  destination: { address: 0x01020304, port: 7790 },
  payload,
  payloadLength: 4,
};

describe('an outer datagram', () => {
  it('is read behind IP options', () => {
    expect(readOuterDatagram(packet)).toEqual(expected);
    expect(readOuterDatagram(buildUdp({ ...fields, payload, options: new Uint8Array(8) }))).toEqual(expected);
  });

  it('is read with checksums that hardware had yet to write', () => {
    const unfinished = packet.slice();
    unfinished.fill(0, 10, 12);
    unfinished.fill(0xff, 26, 28);
    expect(readOuterDatagram(unfinished)).toEqual(expected);
  });

  it('leaves out the padding of short Ethernet frames', () => {
    expect(readOuterDatagram(joinBytes(packet, new Uint8Array(14)))).toEqual(expected);
  });

  it('says how long it was where the capture cut it', () => {
    const cut = readOuterDatagram(packet.subarray(0, 30));
    expect(cut).toMatchObject({ payload: payload.subarray(0, 2), payloadLength: 4 });
    for (let length = 0; length < 28; length++) expect(readOuterDatagram(packet.subarray(0, length))).toBeUndefined();
  });

  it.each([
    ['TCP', buildTcp({ ...fields, flags: 2 })],
    ['a first fragment', buildUdp({ ...fields, payload, moreFragments: true })],
    ['a later fragment', buildUdp({ ...fields, payload, fragmentOffset: 8 })],
    ['UDP that claims more than its IP packet', buildIpv4({ ...fields, protocol: 17, payload: udpHeader(9) })],
    ['UDP that claims less than its header', buildIpv4({ ...fields, protocol: 17, payload: udpHeader(7) })],
    ['IPv6', Uint8Array.of(0x60, ...packet.subarray(1))],
    ['a header of 16 bytes', Uint8Array.of(0x44, ...packet.subarray(1))],
  ])('is not seen in %s', (_, bytes) => {
    expect(readOuterDatagram(bytes)).toBeUndefined();
  });
});

function udpHeader(length: number): Uint8Array {
  return Uint8Array.of(0x1e, 0x6e, 0x1e, 0x6e, 0, length, 0, 0);
}
