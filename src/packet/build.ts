/** Whole IPv4 packets from plain values, with every length and checksum right. */
import { ByteWriter } from '../base/byte-cursor.ts';
import { internetChecksum, pseudoHeaderSum } from './checksum.ts';
import {
  ICMP_ECHO_REPLY,
  ICMP_ECHO_REQUEST,
  ICMP_HEADER_BYTES,
  IPV4_HEADER_BYTES,
  PROTOCOL_ICMP,
  PROTOCOL_TCP,
  PROTOCOL_UDP,
  TCP_HEADER_BYTES,
  UDP_HEADER_BYTES,
} from './protocols.ts';

/** The longest ICMP error, IP header included (RFC 1812 section 4.3.2.3). */
const MAX_ICMP_ERROR_BYTES = 576;
/** DSCP CS6: ICMP errors travel with the precedence of control traffic (RFC 1812 section 4.3.2.5). */
const ICMP_ERROR_TOS = 0xc0;
const DEFAULT_TTL = 64;
const NO_BYTES = new Uint8Array(0);

export interface IpFields {
  /** IPv4 addresses, host order. */
  readonly source: number;
  readonly destination: number;
  /** Default 64. */
  readonly ttl?: number;
  readonly tos?: number;
  readonly identification?: number;
  readonly dontFragment?: boolean;
  readonly moreFragments?: boolean;
  /** Bytes, a multiple of 8. */
  readonly fragmentOffset?: number;
  /** IP options, a multiple of 4 bytes, at most 40. */
  readonly options?: Uint8Array;
}

export interface Ipv4Packet extends IpFields {
  readonly protocol: number;
  /** What follows the IP header. */
  readonly payload: Uint8Array;
}

export interface UdpPacket extends IpFields {
  readonly sourcePort: number;
  readonly destinationPort: number;
  readonly payload?: Uint8Array;
}

export interface TcpPacket extends IpFields {
  readonly sourcePort: number;
  readonly destinationPort: number;
  /** `TCP_SYN | TCP_ACK` and so on. */
  readonly flags: number;
  readonly sequence?: number;
  readonly acknowledgment?: number;
  readonly window?: number;
  /** TCP options, a multiple of 4 bytes, at most 40. */
  readonly tcpOptions?: Uint8Array;
  readonly payload?: Uint8Array;
}

export interface IcmpEcho extends IpFields {
  readonly reply?: boolean;
  readonly id: number;
  readonly sequence: number;
  readonly payload?: Uint8Array;
}

export interface IcmpError {
  readonly type: number;
  readonly code: number;
  /** Bytes; only "fragmentation needed" has it (RFC 1191). */
  readonly nextHopMtu?: number;
  readonly source: number;
  readonly destination: number;
  /** The packet at fault; as much of its beginning as fits is quoted. */
  readonly quoted: Uint8Array;
}

export function buildIpv4(packet: Ipv4Packet): Uint8Array {
  const options = packet.options ?? NO_BYTES;
  const headerLength = IPV4_HEADER_BYTES + options.length;
  const fragmentOffset = packet.fragmentOffset ?? 0;
  if (options.length % 4 !== 0 || options.length > 40) throw new RangeError('IP options are 0 to 40 bytes, in fours');
  if (fragmentOffset % 8 !== 0) throw new RangeError('a fragment offset is a multiple of 8');
  const flags = (packet.dontFragment ? 0x4000 : 0) | (packet.moreFragments ? 0x2000 : 0);
  const bytes = new Uint8Array(headerLength + packet.payload.length);
  new ByteWriter(bytes)
    .uint8(0x40 | (headerLength / 4))
    .uint8(packet.tos ?? 0)
    .uint16(bytes.length)
    .uint16(packet.identification ?? 0)
    .uint16(flags + fragmentOffset / 8)
    .uint8(packet.ttl ?? DEFAULT_TTL)
    .uint8(packet.protocol)
    .uint16(0)
    .uint32(packet.source)
    .uint32(packet.destination)
    .bytes(options)
    .bytes(packet.payload);
  writeChecksum(bytes, 10, internetChecksum(bytes.subarray(0, headerLength)));
  return bytes;
}

export function buildUdp(packet: UdpPacket): Uint8Array {
  const payload = packet.payload ?? NO_BYTES;
  const segment = new Uint8Array(UDP_HEADER_BYTES + payload.length);
  new ByteWriter(segment)
    .uint16(packet.sourcePort)
    .uint16(packet.destinationPort)
    .uint16(segment.length)
    .uint16(0)
    .bytes(payload);
  const checksum = internetChecksum(segment, pseudoHeaderOf(packet, PROTOCOL_UDP, segment));
  // 0 on the wire says "no checksum" (RFC 768).
  writeChecksum(segment, 6, checksum === 0 ? 0xffff : checksum);
  return buildIpv4({ ...packet, protocol: PROTOCOL_UDP, payload: segment });
}

export function buildTcp(packet: TcpPacket): Uint8Array {
  const payload = packet.payload ?? NO_BYTES;
  const options = packet.tcpOptions ?? NO_BYTES;
  if (options.length % 4 !== 0 || options.length > 40) throw new RangeError('TCP options are 0 to 40 bytes, in fours');
  const segment = new Uint8Array(TCP_HEADER_BYTES + options.length + payload.length);
  new ByteWriter(segment)
    .uint16(packet.sourcePort)
    .uint16(packet.destinationPort)
    .uint32(packet.sequence ?? 0)
    .uint32(packet.acknowledgment ?? 0)
    .uint8(((TCP_HEADER_BYTES + options.length) / 4) << 4)
    .uint8(packet.flags)
    .uint16(packet.window ?? 65535)
    .uint32(0)
    .bytes(options)
    .bytes(payload);
  writeChecksum(segment, 16, internetChecksum(segment, pseudoHeaderOf(packet, PROTOCOL_TCP, segment)));
  return buildIpv4({ ...packet, protocol: PROTOCOL_TCP, payload: segment });
}

export function buildIcmpEcho(packet: IcmpEcho): Uint8Array {
  const type = packet.reply ? ICMP_ECHO_REPLY : ICMP_ECHO_REQUEST;
  const message = icmpMessage(type, 0, packet.id, packet.sequence, packet.payload ?? NO_BYTES);
  return buildIpv4({ ...packet, protocol: PROTOCOL_ICMP, payload: message });
}

/** RFC 792, RFC 1191. Whether an error may be sent at all (RFC 1812 section 4.3.2.7) is the caller's question. */
export function buildIcmpError(error: IcmpError): Uint8Array {
  const room = MAX_ICMP_ERROR_BYTES - IPV4_HEADER_BYTES - ICMP_HEADER_BYTES;
  const message = icmpMessage(error.type, error.code, 0, error.nextHopMtu ?? 0, error.quoted.subarray(0, room));
  const { source, destination } = error;
  return buildIpv4({ source, destination, tos: ICMP_ERROR_TOS, protocol: PROTOCOL_ICMP, payload: message });
}

function icmpMessage(type: number, code: number, first: number, second: number, payload: Uint8Array): Uint8Array {
  const message = new Uint8Array(ICMP_HEADER_BYTES + payload.length);
  new ByteWriter(message).uint8(type).uint8(code).uint16(0).uint16(first).uint16(second).bytes(payload);
  writeChecksum(message, 2, internetChecksum(message));
  return message;
}

function pseudoHeaderOf(packet: IpFields, protocol: number, segment: Uint8Array): number {
  return pseudoHeaderSum(packet.source, packet.destination, protocol, segment.length);
}

function writeChecksum(bytes: Uint8Array, at: number, checksum: number): void {
  bytes[at] = checksum >>> 8;
  bytes[at + 1] = checksum & 0xff;
}
