import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { buildIcmpEcho, buildIcmpError, buildIpv4, buildTcp, buildUdp } from '../../../src/packet/build.ts';
import { describePacket } from '../../../src/packet/describe.ts';
import { PacketView } from '../../../src/packet/packet-view.ts';
import { TCP_ACK, TCP_SYN } from '../../../src/packet/protocols.ts';
import { anyBytes, GUEST_A, GUEST_B } from './packets.ts';

const ends = { source: GUEST_A, destination: GUEST_B };
const ports = { ...ends, sourcePort: 40000, destinationPort: 80 };

function described(bytes: Uint8Array): string {
  const view = new PacketView();
  expect(view.parse(bytes)).toBeUndefined();
  return describePacket(view);
}

describe('one line about a packet', () => {
  it.each([
    [buildTcp({ ...ports, flags: TCP_SYN | TCP_ACK }), 'TCP 10.1.2.30:40000 > 10.1.2.50:80 [S.] ttl 64 length 40'],
    [buildTcp({ ...ports, flags: 0 }), 'TCP 10.1.2.30:40000 > 10.1.2.50:80 [none] ttl 64 length 40'],
    [buildUdp({ ...ports, ttl: 1 }), 'UDP 10.1.2.30:40000 > 10.1.2.50:80 ttl 1 length 28'],
    [buildIcmpEcho({ ...ends, id: 7, sequence: 1 }), 'ICMP 10.1.2.30 > 10.1.2.50 echo request id 7 ttl 64 length 28'],
    [
      buildIcmpError({ ...ends, type: 3, code: 1, quoted: buildUdp(ports) }),
      'ICMP 10.1.2.30 > 10.1.2.50 unreachable code 1 ttl 64 length 56',
    ],
    [
      buildIpv4({ ...ends, protocol: 17, payload: new Uint8Array(8), fragmentOffset: 8, identification: 5 }),
      'UDP 10.1.2.30 > 10.1.2.50 later fragment of 5 ttl 64 length 28',
    ],
    [
      buildIpv4({ ...ends, protocol: 47, payload: new Uint8Array(0), options: new Uint8Array(4) }),
      'protocol 47 10.1.2.30 > 10.1.2.50 with IP options ttl 64 length 24',
    ],
  ])('%#: names the protocol, both ends and the length', (bytes, line) => {
    expect(described(bytes)).toBe(line);
  });

  it('is one printable line for any packet', () => {
    const view = new PacketView();
    fc.assert(
      fc.property(anyBytes, (bytes) => {
        if (view.parse(bytes) === undefined) expect(describePacket(view)).toMatch(/^[\x20-\x7e]{20,160}$/);
      }),
    );
  });
});
