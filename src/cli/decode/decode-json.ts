import { formatAddress, formatEndpoint } from '../../base/ipv4.ts';
import { describePacket } from '../../packet/describe.ts';
import type { DecodedDatagram, Inner } from './decode-datagram.ts';
import { formatTime } from '../../base/format-time.ts';

/** One object about a datagram, for one line of NDJSON; `time` is null where the capture has none. */
export function decodedJson(datagram: DecodedDatagram, timeNs: bigint | undefined, comment?: string): object {
  const time = formatTime(timeNs, 9);
  return {
    schema: 'netweft.decode/v1',
    kind: datagram.kind,
    time: time === '-' ? null : time,
    source: formatEndpoint(datagram.source),
    destination: formatEndpoint(datagram.destination),
    length: datagram.length,
    ...meaningOf(datagram),
    ...(comment === undefined ? {} : { comment }),
  };
}

function meaningOf(datagram: DecodedDatagram): object {
  if (datagram.kind === 'control') return {};
  if (datagram.kind === 'undecodable') return { reason: datagram.reason };
  const { framework, body } = datagram.header;
  return { framework: framework.name, ...body, inner: innerJson(datagram.inner) };
}

function innerJson({ packet, length, capturedLength, fault }: Inner): object {
  if (fault !== undefined) return { length, capturedLength, fault };
  return {
    length,
    source: formatAddress(packet.source),
    destination: formatAddress(packet.destination),
    protocol: packet.protocol,
    ...(packet.hasPorts ? { sourcePort: packet.sourcePort, destinationPort: packet.destinationPort } : {}),
    description: describePacket(packet),
  };
}
