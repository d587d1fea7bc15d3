import type { TraceRequest } from '../admin/trace-documents.ts';
import { UserError } from '../base/errors.ts';
import { formatAddress, formatPrefix, isInPrefix, parseAddress, parsePrefix } from '../base/ipv4.ts';
import type { TraceItem } from '../control/trace-messages.ts';
import type { ResolvedPort } from './cloud-view.ts';
import type { MapperState } from './mapper-state.ts';

/** What to trace, and until when. */
export interface TracePlan {
  readonly port: string;
  readonly network: string;
  readonly flow: Pick<TraceItem, 'gni' | 'source' | 'destination' | 'protocol' | 'sourcePort' | 'destinationPort'>;
  readonly count: number;
  readonly forMs: number;
}

/** Throws UserError `invalid` for addresses that are none, or a destination outside of the port's network. */
export function planTrace(state: MapperState, { host, item }: ResolvedPort, request: TraceRequest): TracePlan {
  const { count, forMs, protocol, sourcePort, destinationPort } = request;
  const live = state.live.find(item.name);
  if (live?.host !== host) throw notUp(item.name, host, live?.host);
  const destination = requireAddress(request.to, '`to`');
  requireCovered(state, item.network, destination);
  const source = request.from === undefined ? item.addresses[0] : requireAddress(request.from, '`from`');
  const flow = { gni: item.gni, source: source ?? 0, destination, protocol, sourcePort, destinationPort };
  return { port: item.name, network: item.network, flow, count, forMs };
}

function requireAddress(text: string, field: string): number {
  const address = parseAddress(text);
  if (address === undefined) {
    throw new UserError('invalid', `${field} is no IPv4 address: ${text}`, 'write it as 10.1.2.50');
  }
  return address;
}

function notUp(port: string, host: string, at: string | undefined): UserError {
  const where = at === undefined ? `is not up on host ${host}` : `is on its way from host ${at} to host ${host}`;
  return new UserError('conflict', `port ${port} ${where}`, `see \`weft get port ${port}\`, and trace when it is up`);
}

function requireCovered(state: MapperState, network: string, destination: number): void {
  const subnets = state.cloud.ofKind('subnet').filter(({ spec }) => spec.network === network);
  const prefixes = subnets.flatMap(({ spec }) => parsePrefix(spec.prefix) ?? []);
  if (prefixes.some((prefix) => isInPrefix(destination, prefix))) return;
  throw new UserError(
    'invalid',
    `${formatAddress(destination)} is in no subnet of network ${network}`,
    `it has ${prefixes.map(formatPrefix).join(', ')}`,
  );
}
