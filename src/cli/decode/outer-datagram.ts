import type { Endpoint } from '../../base/ipv4.ts';
import { IPV4_HEADER_BYTES, PROTOCOL_UDP, UDP_HEADER_BYTES } from '../../packet/protocols.ts';

/** A UDP datagram of the underlay, as captured. */
export interface OuterDatagram {
  readonly source: Endpoint;
  readonly destination: Endpoint;
  /** What was captured of the UDP payload. */
  readonly payload: Uint8Array;
  /** The length of the UDP payload as sent, bytes. */
  readonly payloadLength: number;
}

/**
 * Reads an outer packet more kindly than the dataplane reads a guest's: link-layer padding may
 * follow, the capture may have cut it, and checksums may not be computed yet (hardware does that after the
 * capture). `undefined` where it is not UDP in IPv4, or a fragment.
 */
export function readOuterDatagram(bytes: Uint8Array): OuterDatagram | undefined {
  if (bytes.length < IPV4_HEADER_BYTES) return undefined;
  const fields = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const first = fields.getUint8(0);
  const headerLength = (first & 0x0f) * 4;
  if (first >>> 4 !== 4 || headerLength < IPV4_HEADER_BYTES) return undefined;
  if (bytes.length < headerLength + UDP_HEADER_BYTES) return undefined;
  const isFragment = (fields.getUint16(6) & 0x3fff) !== 0;
  if (fields.getUint8(9) !== PROTOCOL_UDP || isFragment) return undefined;
  const udpLength = fields.getUint16(headerLength + 4);
  if (udpLength < UDP_HEADER_BYTES || headerLength + udpLength > fields.getUint16(2)) return undefined;
  const payloadLength = udpLength - UDP_HEADER_BYTES;
  const start = headerLength + UDP_HEADER_BYTES;
  return {
    source: { address: fields.getUint32(12), port: fields.getUint16(headerLength) },
    destination: { address: fields.getUint32(16), port: fields.getUint16(headerLength + 2) },
    payload: bytes.subarray(start, start + payloadLength),
    payloadLength,
  };
}
