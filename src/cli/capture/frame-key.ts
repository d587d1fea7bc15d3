import { createHash } from 'node:crypto';
import { type Endpoint, formatEndpoint } from '../../base/ipv4.ts';

/** What a datagram on the wire and what the agent tells of it have in common: all of its bytes. */
export function frameKey(direction: 'in' | 'out', peer: string, payload: Uint8Array, length: number): string {
  return `${direction} ${peer} ${length} ${createHash('sha256').update(payload).digest('base64')}`;
}

/** Which way a datagram goes, and the other end's endpoint; undefined for one that is not of this host. */
export function directionOf(
  here: Endpoint,
  source: Endpoint,
  destination: Endpoint,
): { readonly direction: 'in' | 'out'; readonly peer: string } | undefined {
  if (isSame(source, here)) return { direction: 'out', peer: formatEndpoint(destination) };
  if (isSame(destination, here)) return { direction: 'in', peer: formatEndpoint(source) };
  return undefined;
}

function isSame(a: Endpoint, b: Endpoint): boolean {
  return a.address === b.address && a.port === b.port;
}
