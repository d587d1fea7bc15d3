import { formatEndpoint } from '../../base/ipv4.ts';
import { describePacket } from '../../packet/describe.ts';
import type { DecodedDatagram, Frame, Inner } from './decode-datagram.ts';
import { formatTime } from '../../base/format-time.ts';
import { printable } from '../../base/printable.ts';

/** One line about a datagram, without line end; a comment of its capturer comes last, after `#`. */
export function decodedText(datagram: DecodedDatagram, timeNs: bigint | undefined, comment?: string): string {
  const outer = `${formatEndpoint(datagram.source)} > ${formatEndpoint(datagram.destination)}`;
  const note = comment === undefined ? '' : ` # ${printable(comment)}`;
  return `${formatTime(timeNs, 6)} ${outer} ${meaningOf(datagram)}${note}`;
}

function meaningOf(datagram: DecodedDatagram): string {
  switch (datagram.kind) {
    case 'frame':
      return frameText(datagram);
    case 'control':
      return `control, ${datagram.length} bytes`;
    case 'undecodable':
      return `not decodable, ${datagram.length} bytes: ${datagram.reason}`;
  }
}

function frameText(frame: Frame): string {
  const { framework, body } = frame.header;
  const networks = `gni ${body.sourceGni} -> ${body.destinationGni} labels [${body.labels.join(' ')}]`;
  return `${framework.name} ${networks} agreement ${body.agreement} | ${innerText(frame.inner)}`;
}

function innerText(inner: Inner): string {
  if (inner.fault === undefined) return describePacket(inner.packet);
  if (inner.capturedLength < inner.length) return `${inner.capturedLength} of ${inner.length} bytes captured`;
  return `no IPv4 packet, ${inner.length} bytes: ${inner.fault}`;
}
