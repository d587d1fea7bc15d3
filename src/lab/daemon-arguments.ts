/** The command lines of the daemons: the only place of the lab that knows them. */
import type { Endpoint } from '../base/ipv4.ts';
import { formatEndpoint } from '../base/ipv4.ts';

export interface MapperArguments {
  readonly listen: Endpoint;
  readonly socket: string;
  /** Path of the Unix socket that serves metrics. */
  readonly metrics: string;
  readonly database: string;
}

export function mapperArguments(options: MapperArguments): string[] {
  const { listen, socket, metrics, database } = options;
  const sockets = socketArguments(socket, metrics);
  return ['mapper', '--listen', formatEndpoint(listen), ...sockets, '--database', database];
}

export interface AgentArguments {
  readonly host: string;
  readonly underlay: Endpoint;
  readonly mapper: Endpoint;
  readonly socket: string;
  /** Path of the Unix socket that serves metrics. */
  readonly metrics: string;
  /** What it offers, best first; `undefined`: what an agent offers by itself. */
  readonly frameworks: readonly string[] | undefined;
}

export function agentArguments(options: AgentArguments): string[] {
  const { host, underlay, mapper, socket, metrics, frameworks } = options;
  return [
    'agent',
    '--host',
    host,
    '--underlay',
    formatEndpoint(underlay),
    '--mapper',
    formatEndpoint(mapper),
    ...socketArguments(socket, metrics),
    ...(frameworks === undefined ? [] : ['--frameworks', frameworks.join(',')]),
  ];
}

function socketArguments(socket: string, metrics: string): string[] {
  return ['--socket', socket, '--metrics', `unix:${metrics}`];
}
