/** Explicit Congestion Notification in tunnels (RFC 6040, normal mode). */
import { updatedChecksum } from './checksum.ts';

const ECN_MASK = 0b11;
const NOT_ECT = 0b00;
const ECT_1 = 0b01;
const CE = 0b11;

/** The two ECN bits of the outer header for an inner packet: a copy (RFC 6040 section 4.1). */
export function outerEcn(innerTos: number): number {
  return innerTos & ECN_MASK;
}

/**
 * The inner TOS byte to deliver (RFC 6040 section 4.2, figure 4): its DSCP stays, its ECN bits take
 * over congestion seen outside. `undefined` says drop: congestion was marked on a packet whose
 * transport would not understand the mark.
 */
export function decapsulatedTos(innerTos: number, outerTos: number): number | undefined {
  const inner = innerTos & ECN_MASK;
  const outer = outerTos & ECN_MASK;
  if (inner === NOT_ECT) return outer === CE ? undefined : innerTos;
  if (outer === CE || (outer === ECT_1 && inner !== CE)) return (innerTos & ~ECN_MASK) | outer;
  return innerTos;
}

/** Writes the TOS byte of an IPv4 packet in place and brings its header checksum up to date. */
export function setTos(bytes: Uint8Array, tos: number): void {
  if (bytes.length < 20) throw new RangeError('an IPv4 header has at least 20 bytes');
  const version = (bytes[0] ?? 0) << 8;
  const old = ((bytes[10] ?? 0) << 8) | (bytes[11] ?? 0);
  const checksum = updatedChecksum(old, version | (bytes[1] ?? 0), version | tos);
  bytes[1] = tos;
  bytes[10] = checksum >>> 8;
  bytes[11] = checksum & 0xff;
}
