import { buildIcmpEcho, buildIpv4, buildTcp, buildUdp } from '../packet/build.ts';
import { PROTOCOL_ICMP, PROTOCOL_TCP, PROTOCOL_UDP } from '../packet/protocols.ts';
import { UserError } from '../base/errors.ts';

export const MAX_PACKET_BYTES = 65_535;

/** Bits of the TCP flags in the order of their letters, lowest first (RFC 9293 section 3.1). */
export const TCP_FLAG_LETTERS = 'FSRPAUEW';

export interface DescribedPacket {
  /** IPv4 addresses, host order. */
  readonly source: number;
  readonly destination: number;
  readonly protocol: number;
  readonly sourcePort: number;
  readonly destinationPort: number;
  readonly ttl: number;
  /** Bytes of the whole packet; the payload is zeros. Default: no payload. */
  readonly length?: number;
  readonly tcpFlags: number;
}

/** Letters such as `SA` as the flags' byte; `undefined` where one is no flag. */
export function tcpFlags(letters: string): number | undefined {
  let flags = 0;
  for (const letter of letters.toUpperCase()) {
    const bit = TCP_FLAG_LETTERS.indexOf(letter);
    if (bit < 0) return undefined;
    flags |= 1 << bit;
  }
  return flags;
}

/** The IP packet that the words describe. Throws UserError when `length` is shorter than its headers. */
export function buildDescribedPacket(packet: DescribedPacket): Uint8Array {
  const headers = build(packet, new Uint8Array(0)).length;
  const payload = (packet.length ?? headers) - headers;
  if (payload < 0) {
    throw new UserError(
      'invalid',
      `--length ${packet.length} is shorter than the headers`,
      `at least ${headers} bytes`,
    );
  }
  return build(packet, new Uint8Array(payload));
}

function build(packet: DescribedPacket, payload: Uint8Array): Uint8Array {
  if (packet.protocol === PROTOCOL_UDP) return buildUdp({ ...packet, payload });
  if (packet.protocol === PROTOCOL_TCP) return buildTcp({ ...packet, flags: packet.tcpFlags, payload });
  if (packet.protocol === PROTOCOL_ICMP) return buildIcmpEcho({ ...packet, id: 1, sequence: 1, payload });
  return buildIpv4({ ...packet, payload });
}
