import type { Readable } from 'node:stream';
import type { AgentStatusDocument, ExplainRequest, PortsDocument } from '../admin/documents.ts';
import { UserError } from '../base/errors.ts';
import { formatTime } from '../base/format-time.ts';
import { type Endpoint, formatEndpoint, parseAddress, parseEndpoint } from '../base/ipv4.ts';
import type { PacketPlace } from './capture/packet-place.ts';
import { ask } from './daemon-socket.ts';
import { UNDERLAY_PORT } from './default-ports.ts';
import { buildDescribedPacket, type DescribedPacket } from './described-packet.ts';

/** What the command line says about the packet. */
export interface PacketOptions extends Omit<DescribedPacket, 'source' | 'destination'> {
  readonly port?: string;
  readonly underlayFrom?: Endpoint;
  readonly header?: string;
  readonly packet?: string;
  readonly from?: number;
  readonly to?: number;
}

/** The packet that the options describe. */
export async function describedRequest(options: PacketOptions, socket: string): Promise<ExplainRequest> {
  const origin =
    options.port === undefined
      ? {
          ...(options.underlayFrom && { from: formatEndpoint(options.underlayFrom) }),
          ...(options.header && { header: options.header }),
        }
      : { port: options.port };
  return { ...origin, packet: options.packet ?? (await describedPacket(options, socket)) };
}

async function describedPacket(options: PacketOptions, socket: string): Promise<string> {
  const source = options.from ?? (await firstAddress(options.port ?? '', socket));
  const bytes = buildDescribedPacket({ ...options, source, destination: options.to ?? 0 });
  return Buffer.from(bytes).toString('hex');
}

async function firstAddress(port: string, socket: string): Promise<number> {
  const document = await ask<PortsDocument>(socket, 'netweft.ports/v1', 'GET', '/v1/ports');
  const entry = document.ports.find((candidate) => candidate.name === port);
  const address = parseAddress(entry?.addresses[0] ?? '');
  if (address !== undefined) return address;
  throw new UserError(
    'not-found',
    `this host has no port ${port}`,
    'see `weft port list`, or ask the agent of its host',
  );
}

export interface CapturedRequest {
  readonly request: ExplainRequest;
  /** When and how it was captured, for people. */
  readonly captured: string;
}

/** A packet of a capture. */
export async function capturedRequest(
  place: PacketPlace,
  port: string | undefined,
  socket: string,
  openInput: () => Readable,
): Promise<CapturedRequest> {
  const { capturedArrival } = await import('./capture/captured-arrival.ts');
  const { pickPacket } = await import('./capture/pick-packet.ts');
  const captured = await pickPacket(place, openInput);
  const status = await ask<AgentStatusDocument>(socket, 'netweft.agent-status/v1', 'GET', '/v1/status');
  const { ports } = await ask<PortsDocument>(socket, 'netweft.ports/v1', 'GET', '/v1/ports');
  const underlay = parseEndpoint(status.underlay, UNDERLAY_PORT) ?? { address: 0, port: 0 };
  const request = capturedArrival(captured, { underlay, ports }, port);
  const where = captured.interfaceName === undefined ? [] : [`on ${captured.interfaceName}`];
  const note = captured.comment === undefined ? [] : [`(${captured.comment})`];
  return { request, captured: [formatTime(captured.timeNs, 9), ...where, ...note].join(' ') };
}
