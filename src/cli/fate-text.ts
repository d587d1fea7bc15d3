import type { PacketFate, PacketFlow } from '../admin/stream-documents.ts';
import { protocolName } from './protocol-name.ts';

/** `udp 10.1.2.30:1000 > 10.1.2.50:2000`; `-` for a packet that does not parse. */
export function flowText(flow: PacketFlow | undefined): string {
  if (flow === undefined) return '-';
  const { source, destination, sourcePort, destinationPort } = flow;
  const end = (address: string, port: number | undefined) => (port === undefined ? address : `${address}:${port}`);
  return `${protocolName(flow.protocol)} ${end(source, sourcePort)} > ${end(destination, destinationPort)}`;
}

/** The port or host that it came from. */
export function originText({ port, peer }: PacketFate): string {
  return port ?? `host ${peer ?? '-'}`;
}

/** `mapping 1001/10.1.2.50 generation 3fa1:17`; undefined where no record decided. */
export function recordText({ record }: PacketFate): string | undefined {
  if (record === undefined) return undefined;
  return record.generation === undefined ? record.name : `${record.name} generation ${record.generation}`;
}
