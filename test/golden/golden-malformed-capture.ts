/** One datagram for each rule that the receiver of a frame checks. */
import type { CapturedPacketFields } from '../../src/cli/capture/pcapng-writer.ts';
import { buildUdp } from '../../src/packet/build.ts';
import { ethernetDatagram, frame, GUEST_A, GUEST_B, joined, timeOf } from './golden-packets.ts';

const inner = buildUdp({ source: GUEST_A, destination: GUEST_B, sourcePort: 4660, destinationPort: 7 });
const body = { sourceGni: 1001, destinationGni: 1001, agreement: 7, labels: [] };
const PB_BODY = '08e907 10e907 1807';

/** What is wrong, and the payload as hexadecimal; the guest's packet follows. */
const HEADERS: readonly (readonly [rule: string, header: string])[] = [
  ['framework 0', '00000010 000003e9000003e900000007'],
  ['a framework that is not known', '09000010 000003e9000003e900000007'],
  ['flag sealed', '01010010 000003e9000003e900000007'],
  ['flag probe', '02020010 00000700000003e9000003e9'],
  ['flag word', '02040010 00000700000003e9000003e9'],
  ['flag partial checksum', '03080010 00000700000003e9000003e9'],
  ['a flag without a name', '02800010 00000700000003e9000003e9'],
  ['header length without a body', '01000004'],
  ['header length of the longest body and one more', '02000041 00000700000003e9000003e9'],
  ['header length past the end', '02000040'],
  ['udp/1.0: body too short', '0100000f 000003e9000003e9000007'],
  ['udp/1.0: body too long', '01000011 000003e9000003e90000000700'],
  ['udp/1.0: source GNI 0', '01000010 00000000000003e900000007'],
  ['udp/1.0: destination GNI 0', '01000010 000003e90000000000000007'],
  ['udp/1.0: agreement 0', '01000010 000003e9000003e900000000'],
  ['udp/1.0: agreement of 25 bits', '01000010 000003e9000003e901000000'],
  ['udp/2.0: body cut in the agreement', '02000006 0000'],
  ['udp/2.0: body cut in the source GNI', '0200000f 00000700000003e90000'],
  ['udp/2.0: more labels than bytes', '02000013 00000702000003e9000003e9000010'],
  ['udp/2.0: fewer labels than bytes', '02000013 00000700000003e9000003e9000010'],
  ['udp/2.0: nine labels', `0200002b 00000709000003e9000003e9${'000010'.repeat(9)}`],
  ['udp/2.0: label of 21 bits', '02000013 00000701000003e9000003e9100000'],
  ['udp-pb/1.0: a varint that is longer than needed', '0300000d 08e907 10e907 188700'],
  ['udp-pb/1.0: fields out of order', '0300000c 10e907 08e907 1807'],
  ['udp-pb/1.0: a field twice', `0300000e ${PB_BODY} 1807`],
  ['udp-pb/1.0: a field that is not known', `0300000e ${PB_BODY} 2801`],
  ['udp-pb/1.0: fields of every type that are not known', `0300001d ${PB_BODY} 2d01020304 310102030405060708 3a00`],
  ['udp-pb/1.0: a group', `0300000d ${PB_BODY} 2b`],
  ['udp-pb/1.0: labels that are not packed', `0300000e ${PB_BODY} 2010`],
  ['udp-pb/1.0: an empty stack that is written', `0300000e ${PB_BODY} 2200`],
  ['udp-pb/1.0: labels longer than needed', `03000010 ${PB_BODY} 22029000`],
  ['udp-pb/1.0: labels past the end', `0300000f ${PB_BODY} 220510`],
  ['udp-pb/1.0: a number without an end', '0300000b 08e907 10e907 ff'],
  ['udp-pb/1.0: a number of 33 bits', '0300000e 088080808010 10e907 1807'.replace('0e', '0f')],
  ['udp-pb/1.0: no agreement', '0300000a 08e907 10e907'],
  ['udp-pb/1.0: agreement of 25 bits', '0300000f 08e907 10e907 1880808008'],
  ['udp-pb/1.0: nine labels', `03000017 ${PB_BODY} 2209101010101010101010`],
  ['udp-pb/1.0: label of 21 bits', `03000011 ${PB_BODY} 2203808040`],
  ['udp-pb/1.0: body longer than any', `03000034 ${PB_BODY} ${'2801'.repeat(20)}`],
];

/** Payloads of which nothing, or another guest's packet, follows the header. */
const PAYLOADS: readonly (readonly [rule: string, payload: Uint8Array])[] = [
  ['an empty datagram', new Uint8Array(0)],
  ['three bytes', fromHex('010000')],
  ['no guest packet', frame('udp/1.0', body, new Uint8Array(0))],
  ['a guest packet of 3 bytes', frame('udp/2.0', body, fromHex('450000'))],
  ['a guest packet of IPv6', frame('udp/2.0', body, joined(fromHex('60'), new Uint8Array(39)))],
  ['a guest packet with a header of 4 words', frame('udp-pb/1.0', body, changed(inner, 0, 0x44))],
  ['a guest packet and a byte more', frame('udp/2.0', body, joined(inner, fromHex('00')))],
  ['a guest packet without its last byte', frame('udp/2.0', body, inner.subarray(0, -1))],
  ['a guest packet with a wrong checksum', frame('udp/1.0', body, changed(inner, 10, 0))],
  ['a guest packet without the whole TCP header', frame('udp/2.0', body, tcpOf(inner))],
];

export function goldenMalformed(): CapturedPacketFields[] {
  const headers = HEADERS.map(([rule, header]) => [rule, joined(fromHex(header), inner)] as const);
  return [...PAYLOADS, ...headers].map(([rule, payload], index) => ({
    interfaceIndex: 0,
    timeNs: timeOf(index),
    bytes: ethernetDatagram(payload),
    direction: 'inbound',
    comment: rule,
  }));
}

function fromHex(text: string): Uint8Array {
  return new Uint8Array(Buffer.from(text.replaceAll(' ', ''), 'hex'));
}

function changed(bytes: Uint8Array, at: number, value: number): Uint8Array {
  return bytes.with(at, value);
}

/** The same packet of 8 bytes in IP, said to be TCP: the header checksum takes up the difference of 11. */
function tcpOf(packet: Uint8Array): Uint8Array {
  const checksum = (packet[10] ?? 0) * 256 + (packet[11] ?? 0) + 11;
  return packet
    .with(9, 6)
    .with(10, checksum >> 8)
    .with(11, checksum & 0xff);
}
