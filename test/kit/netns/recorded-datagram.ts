import { internetChecksum, pseudoHeaderSum } from '../../../src/packet/checksum.ts';
import { PROTOCOL_UDP } from '../../../src/packet/protocols.ts';
import type { ForgeryWatch } from './forgery-watch.ts';
import { packetNumber } from './numbered-packets.ts';
import { ETHERNET_BYTES } from './outsider.ts';
import type { TestLab } from './test-lab.ts';
import { until } from './until.ts';

const LIMIT_MS = 15_000;
const IPV4_HEADER_BYTES = 20;
const CHECKSUM_AT = IPV4_HEADER_BYTES + 6;

/** The outer IPv4 packet, as a wire would carry it, in which what `from` says to `to` crosses the underlay. */
export async function recordDatagram(
  lab: TestLab,
  watch: ForgeryWatch,
  [from, to]: readonly [from: string, to: string],
  number: number,
): Promise<Buffer> {
  const sender = lab.cloud.hosts[lab.port(from).host];
  const capture = await lab.capture({
    namespace: lab.hostNamespace('bridge'),
    device: 'bridge',
    direction: 'inout',
    filter: `udp dst port 7790 and src host ${sender}`,
  });
  await watch.say(from, to, number);
  const frame = await until(`a packet of ${from} crosses the underlay`, LIMIT_MS, () =>
    capture.packets.find((packet) => packetNumber(packet) === number),
  );
  await capture.stop();
  return withChecksum(frame.subarray(ETHERNET_BYTES));
}

/** A virtual device carries what its kernel sends without the UDP checksum, which a network card would fill in. */
function withChecksum(packet: Buffer): Buffer {
  const copy = Buffer.from(packet);
  copy.writeUInt16BE(0, CHECKSUM_AT);
  const segment = copy.subarray(IPV4_HEADER_BYTES);
  const sum = pseudoHeaderSum(copy.readUInt32BE(12), copy.readUInt32BE(16), PROTOCOL_UDP, segment.length);
  copy.writeUInt16BE(internetChecksum(segment, sum), CHECKSUM_AT);
  return copy;
}

/** What the UDP datagram carries. */
export function payloadOfRecorded(packet: Buffer): Buffer {
  return packet.subarray(IPV4_HEADER_BYTES + 8);
}
