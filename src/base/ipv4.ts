/**
 * IPv4 addresses as unsigned 32-bit integers in host order (10.1.2.3 is 0x0a010203), prefixes and
 * UDP endpoints.
 */
import ipaddr from 'ipaddr.js';

export interface Prefix {
  /** The network address; bits below `length` are zero. */
  readonly address: number;
  /** 0 to 32. */
  readonly length: number;
}

export interface Endpoint {
  readonly address: number;
  /** UDP port, 1 to 65535. */
  readonly port: number;
}

/** Reads dotted-quad text; `undefined` for anything else ("10.1" and octal forms included). */
export function parseAddress(text: string): number | undefined {
  if (!ipaddr.IPv4.isValidFourPartDecimal(text)) return undefined;
  const [a = 0, b = 0, c = 0, d = 0] = ipaddr.IPv4.parse(text).octets;
  return ((a << 24) | (b << 16) | (c << 8) | d) >>> 0;
}

export function formatAddress(address: number): string {
  return `${address >>> 24}.${(address >>> 16) & 255}.${(address >>> 8) & 255}.${address & 255}`;
}

export function netmask(length: number): number {
  return length === 0 ? 0 : (0xffffffff << (32 - length)) >>> 0;
}

/** Reads "10.1.2.0/24"; `undefined` where it is not a prefix or has bits set below its length. */
export function parsePrefix(text: string): Prefix | undefined {
  const [addressText = '', lengthText = '', ...rest] = text.split('/');
  const address = parseAddress(addressText);
  if (address === undefined || rest.length > 0 || !/^(\d|[12]\d|3[0-2])$/.test(lengthText)) return undefined;
  const length = Number(lengthText);
  if ((address & ~netmask(length)) >>> 0 !== 0) return undefined;
  return { address, length };
}

export function formatPrefix(prefix: Prefix): string {
  return `${formatAddress(prefix.address)}/${prefix.length}`;
}

export function isInPrefix(address: number, prefix: Prefix): boolean {
  return (address & netmask(prefix.length)) >>> 0 === prefix.address;
}

export function doPrefixesOverlap(a: Prefix, b: Prefix): boolean {
  const shorter = a.length <= b.length ? a : b;
  return isInPrefix(shorter === a ? b.address : a.address, shorter);
}

/** A number that is equal for equal endpoints: 48 bits, exact in a double. */
export function endpointNumber(endpoint: Endpoint): number {
  return endpoint.address * 0x10000 + endpoint.port;
}

/** Reads "198.18.0.1:7790", or "198.18.0.1" with `defaultPort`. */
export function parseEndpoint(text: string, defaultPort: number): Endpoint | undefined {
  const [addressText = '', portText, ...rest] = text.split(':');
  const address = parseAddress(addressText);
  if (address === undefined || rest.length > 0) return undefined;
  if (portText === undefined) return { address, port: defaultPort };
  const port = /^\d{1,5}$/.test(portText) ? Number(portText) : 0;
  return port >= 1 && port <= 65535 ? { address, port } : undefined;
}

export function formatEndpoint(endpoint: Endpoint): string {
  return `${formatAddress(endpoint.address)}:${endpoint.port}`;
}
