import { readCapture } from './capture-reader.ts';
import type { CapturedPacket } from './captured-packet.ts';
import { type DecodedDatagram, decodeDatagram, type Ports } from './decode-datagram.ts';
import type { DecodeSummary } from './decode-summary.ts';
import { ipv4PacketOf, UNKNOWN_LINK_TYPE } from './link-layer.ts';
import { readOuterDatagram } from './outer-datagram.ts';

/**
 * Calls `print` for each datagram of Netweft in a capture, waiting for it, and counts everything in `summary`, which is
 * right also when this throws `DecodeError` halfway.
 */
export async function decodeCapture(
  chunks: AsyncIterable<Uint8Array>,
  ports: Ports,
  summary: DecodeSummary,
  print: (datagram: DecodedDatagram, captured: CapturedPacket) => Promise<void>,
): Promise<void> {
  const packets = readCapture(chunks);
  for (;;) {
    const next = await packets.next();
    if (next.done) {
      summary.isCutShort = next.value;
      return;
    }
    const datagram = decodePacket(next.value, ports, summary);
    if (datagram !== undefined) await print(datagram, next.value);
  }
}

function decodePacket(captured: CapturedPacket, ports: Ports, summary: DecodeSummary): DecodedDatagram | undefined {
  const packet = ipv4PacketOf(captured.linkType, captured.bytes);
  if (packet === UNKNOWN_LINK_TYPE) {
    summary.countUnknownLink(captured.linkType);
    return undefined;
  }
  const outer = packet && readOuterDatagram(packet);
  const datagram = outer && decodeDatagram(outer, ports);
  if (datagram === undefined) summary.countOther();
  else summary.count(datagram);
  return datagram;
}
