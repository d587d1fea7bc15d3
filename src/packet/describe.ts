import { formatAddress } from '../base/ipv4.ts';
import { FRAGMENT_LATER, FRAGMENT_NONE, type PacketView } from './packet-view.ts';
import { PROTOCOL_ICMP, PROTOCOL_TCP, PROTOCOL_UDP } from './protocols.ts';

const TCP_FLAG_LETTERS = ['F', 'S', 'R', 'P', '.', 'U', 'E', 'W'];

const ICMP_NAMES = new Map([
  [0, 'echo reply'],
  [3, 'unreachable'],
  [5, 'redirect'],
  [8, 'echo request'],
  [11, 'time exceeded'],
  [12, 'parameter problem'],
]);

/**
 * One line for people about a packet that was parsed without a fault:
 * `TCP 10.1.2.30:40000 > 10.1.2.50:80 [S] ttl 64 length 60`. TCP flags are written as tcpdump does
 * ("." is ACK); the length is the IP packet's, in bytes.
 */
export function describePacket(view: PacketView): string {
  const parts = [protocolName(view.protocol), `${sideOf(view.source, view.sourcePort, view)} >`];
  parts.push(sideOf(view.destination, view.destinationPort, view));
  if (view.protocol === PROTOCOL_TCP && view.hasPorts) parts.push(`[${tcpFlagLetters(view.tcpFlags)}]`);
  if (view.protocol === PROTOCOL_ICMP && view.fragment !== FRAGMENT_LATER) parts.push(icmpWords(view));
  if (view.fragment !== FRAGMENT_NONE) {
    parts.push(`${view.fragment === FRAGMENT_LATER ? 'later' : 'first'} fragment of ${view.identification}`);
  }
  if (view.hasOptions) parts.push('with IP options');
  parts.push(`ttl ${view.ttl} length ${view.totalLength}`);
  return parts.join(' ');
}

function sideOf(address: number, port: number, view: PacketView): string {
  return view.hasPorts ? `${formatAddress(address)}:${port}` : formatAddress(address);
}

function protocolName(protocol: number): string {
  if (protocol === PROTOCOL_TCP) return 'TCP';
  if (protocol === PROTOCOL_UDP) return 'UDP';
  return protocol === PROTOCOL_ICMP ? 'ICMP' : `protocol ${protocol}`;
}

function tcpFlagLetters(flags: number): string {
  const letters = TCP_FLAG_LETTERS.filter((_, bit) => (flags & (1 << bit)) !== 0).join('');
  return letters === '' ? 'none' : letters;
}

function icmpWords(view: PacketView): string {
  const name = ICMP_NAMES.get(view.icmpType) ?? `type ${view.icmpType}`;
  if (view.isIcmpError) return `${name} code ${view.icmpCode}`;
  return view.icmpId === 0 ? name : `${name} id ${view.icmpId}`;
}
