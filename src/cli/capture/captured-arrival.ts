import type { ExplainRequest } from '../../admin/documents.ts';
import { UserError } from '../../base/errors.ts';
import { type Endpoint, formatAddress, formatEndpoint } from '../../base/ipv4.ts';
import { PacketView } from '../../packet/packet-view.ts';
import { readHeaderLength } from '../../wire/envelope.ts';
import type { CapturedPacket } from '../decode/captured-packet.ts';
import { ipv4PacketOf, UNKNOWN_LINK_TYPE } from '../decode/link-layer.ts';
import { readOuterDatagram } from '../decode/outer-datagram.ts';

/** The host whose agent is asked. */
export interface CaptureHost {
  /** Where it receives other hosts. */
  readonly underlay: Endpoint;
  readonly ports: readonly { readonly name: string; readonly addresses: readonly string[] }[];
}

/**
 * What to ask the agent about a captured packet: as one of the guest behind `port`, or behind the port that the
 * capture's interface is named after; else as a datagram that the host received. Throws UserError where it is neither.
 */
export function capturedArrival(captured: CapturedPacket, host: CaptureHost, port: string | undefined): ExplainRequest {
  requireWhole(captured);
  const packet = ipv4PacketOf(captured.linkType, captured.bytes);
  if (packet === undefined || packet === UNKNOWN_LINK_TYPE) throw refusal('it is no IPv4 packet', 'name another');
  const guest = port ?? host.ports.find(({ name }) => name === captured.interfaceName)?.name;
  if (guest === undefined) return datagramRequest(packet, host);
  const isWefts = port === undefined && captured.direction === 'outbound';
  if (isWefts || wentToGuest(packet, host.ports.find(({ name }) => name === guest)?.addresses ?? [])) {
    throw refusal(`it went to the guest behind ${guest}`, 'what a guest sends is decided on: name such a packet');
  }
  return { port: guest, packet: hex(packet) };
}

/** Other tools do not tell directions: a guest sends from its addresses, and to others'. */
function wentToGuest(bytes: Uint8Array, addresses: readonly string[]): boolean {
  const packet = new PacketView();
  if (packet.parse(bytes) !== undefined) return false;
  const { source, destination } = packet;
  return !addresses.includes(formatAddress(source)) && addresses.includes(formatAddress(destination));
}

function datagramRequest(packet: Uint8Array, { underlay }: CaptureHost): ExplainRequest {
  const datagram = readOuterDatagram(packet);
  if (datagram === undefined) throw refusal('it is no UDP datagram', 'for a packet of a guest give --port');
  const { source, destination, payload } = datagram;
  const here = formatEndpoint(underlay);
  if (formatEndpoint(source) === here) {
    throw refusal(
      `this host, ${here}, sent it to ${formatEndpoint(destination)}`,
      'ask the agent of the host that it went to, with --socket',
    );
  }
  if (formatEndpoint(destination) !== here) {
    throw refusal(
      `it went to ${formatEndpoint(destination)}, and this host is ${here}`,
      'ask the agent of that host, with --socket; for a packet of a guest give --port',
    );
  }
  const headerLength = readHeaderLength(payload) ?? payload.length;
  return {
    from: formatEndpoint(source),
    header: hex(payload.subarray(0, headerLength)),
    packet: hex(payload.subarray(headerLength)),
    tos: packet[1] ?? 0,
  };
}

function requireWhole({ bytes, originalLength }: CapturedPacket): void {
  if (bytes.length >= originalLength) return;
  throw refusal(
    `only ${bytes.length} of its ${originalLength} bytes were captured`,
    'capture whole packets: tcpdump -s 0, weft capture without --snap',
  );
}

function refusal(why: string, hint: string): UserError {
  return new UserError('invalid', `the captured packet cannot be explained: ${why}`, hint);
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}
