import { headChecksum } from './checksum.ts';
import {
  ICMP_HEADER_BYTES,
  IPV4_HEADER_BYTES,
  PROTOCOL_ICMP,
  PROTOCOL_TCP,
  PROTOCOL_UDP,
  TCP_HEADER_BYTES,
  UDP_HEADER_BYTES,
} from './protocols.ts';

/** Why bytes are not an IPv4 packet that can be forwarded. */
export const PARSE_FAULTS = [
  'too-short',
  'not-ipv4',
  'bad-header-length',
  'bad-total-length',
  'bad-header-checksum',
  'truncated-transport',
] as const;

export type ParseFault = (typeof PARSE_FAULTS)[number];

export const FRAGMENT_NONE = 0;
export const FRAGMENT_FIRST = 1;
export const FRAGMENT_LATER = 2;

const NO_BYTES = new Uint8Array(0);
/** Unreachable, source quench, redirect, time exceeded, parameter problem: they quote another packet. */
const ICMP_ERROR_TYPES = new Set([3, 4, 5, 11, 12]);
/** Echo, timestamp, information and address mask, request and reply: bytes 4 and 5 are an identifier. */
const ICMP_ID_TYPES = new Set([0, 8, 13, 14, 15, 16, 17, 18]);

/**
 * The fields of one IPv4 packet that decisions may read. One object is reused for every packet:
 * `parse` allocates nothing and never throws. The bytes are borrowed from the caller.
 *
 * After a fault only `bytes` means anything. The payload of a protocol other than TCP, UDP and ICMP
 * is never looked at, nor is that of a later fragment.
 */
export class PacketView {
  bytes: Uint8Array = NO_BYTES;
  totalLength = 0;
  headerLength = 0;
  /** IPv4 addresses, host order. */
  source = 0;
  destination = 0;
  protocol = 0;
  ttl = 0;
  tos = 0;
  identification = 0;
  dontFragment = false;
  hasOptions = false;
  fragment: typeof FRAGMENT_NONE | typeof FRAGMENT_FIRST | typeof FRAGMENT_LATER = FRAGMENT_NONE;
  /** TCP or UDP, and not a later fragment. */
  hasPorts = false;
  /** 0 without ports. */
  sourcePort = 0;
  destinationPort = 0;
  /** 0 where the packet shows no TCP header. */
  tcpFlags = 0;
  /** 0 where the packet shows no ICMP header, or its type has no identifier. */
  icmpType = 0;
  icmpCode = 0;
  icmpId = 0;
  isIcmpError = false;

  /** Reads `bytes`, which must be exactly one packet; `undefined` where it can be forwarded. */
  parse(bytes: Uint8Array): ParseFault | undefined {
    this.bytes = bytes;
    return this.#parseIp() ?? this.#parseTransport();
  }

  #parseIp(): ParseFault | undefined {
    const bytes = this.bytes;
    if (bytes.length < IPV4_HEADER_BYTES) return 'too-short';
    const first = this.#uint8(0);
    if (first >>> 4 !== 4) return 'not-ipv4';
    const headerLength = (first & 0x0f) * 4;
    if (headerLength < IPV4_HEADER_BYTES || headerLength > bytes.length) return 'bad-header-length';
    const totalLength = this.#uint16(2);
    if (totalLength !== bytes.length) return 'bad-total-length';
    if (headChecksum(bytes, headerLength) !== 0) return 'bad-header-checksum';
    this.headerLength = headerLength;
    this.totalLength = totalLength;
    this.hasOptions = headerLength > IPV4_HEADER_BYTES;
    this.#readIpFields();
    return undefined;
  }

  #readIpFields(): void {
    this.tos = this.#uint8(1);
    this.identification = this.#uint16(4);
    const fragmentWord = this.#uint16(6);
    this.dontFragment = (fragmentWord & 0x4000) !== 0;
    if ((fragmentWord & 0x1fff) !== 0) this.fragment = FRAGMENT_LATER;
    else this.fragment = (fragmentWord & 0x2000) !== 0 ? FRAGMENT_FIRST : FRAGMENT_NONE;
    this.ttl = this.#uint8(8);
    this.protocol = this.#uint8(9);
    // Not through a method of its own: V8 would box what it returns, one allocation for each packet.
    this.source = this.#uint16(12) * 65_536 + this.#uint16(14);
    this.destination = this.#uint16(16) * 65_536 + this.#uint16(18);
  }

  #parseTransport(): ParseFault | undefined {
    this.hasPorts = false;
    this.sourcePort = 0;
    this.destinationPort = 0;
    this.tcpFlags = 0;
    this.icmpType = 0;
    this.icmpCode = 0;
    this.icmpId = 0;
    this.isIcmpError = false;
    if (this.fragment === FRAGMENT_LATER) return undefined;
    if (this.protocol === PROTOCOL_TCP) return this.#parseTcp();
    if (this.protocol === PROTOCOL_UDP) return this.#parseUdp();
    if (this.protocol === PROTOCOL_ICMP) return this.#parseIcmp();
    return undefined;
  }

  /** A first fragment must hold the whole fixed header: shorter ones only hide it (RFC 1858). */
  #parseTcp(): ParseFault | undefined {
    if (this.totalLength - this.headerLength < TCP_HEADER_BYTES) return 'truncated-transport';
    this.#readPorts();
    this.tcpFlags = this.#uint8(this.headerLength + 13);
    return undefined;
  }

  #parseUdp(): ParseFault | undefined {
    if (this.totalLength - this.headerLength < UDP_HEADER_BYTES) return 'truncated-transport';
    this.#readPorts();
    return undefined;
  }

  #parseIcmp(): ParseFault | undefined {
    const start = this.headerLength;
    if (this.totalLength - start < ICMP_HEADER_BYTES) return 'truncated-transport';
    this.icmpType = this.#uint8(start);
    this.icmpCode = this.#uint8(start + 1);
    this.isIcmpError = ICMP_ERROR_TYPES.has(this.icmpType);
    if (ICMP_ID_TYPES.has(this.icmpType)) this.icmpId = this.#uint16(start + 4);
    return undefined;
  }

  #readPorts(): void {
    this.hasPorts = true;
    this.sourcePort = this.#uint16(this.headerLength);
    this.destinationPort = this.#uint16(this.headerLength + 2);
  }

  #uint8(at: number): number {
    return this.bytes[at] ?? 0;
  }

  #uint16(at: number): number {
    return ((this.bytes[at] ?? 0) << 8) | (this.bytes[at + 1] ?? 0);
  }
}
