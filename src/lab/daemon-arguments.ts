/** The command lines of the daemons: the only place of the lab that knows them. */
import type { Endpoint } from '../base/ipv4.ts';
import { formatEndpoint } from '../base/ipv4.ts';

export interface MapperArguments {
  readonly listen: Endpoint;
  readonly socket: string;
  readonly database: string;
}

export function mapperArguments(options: MapperArguments): string[] {
  const { listen, socket, database } = options;
  return ['mapper', '--listen', formatEndpoint(listen), '--socket', socket, '--database', database];
}

export interface AgentArguments {
  readonly host: string;
  readonly underlay: Endpoint;
  readonly mapper: Endpoint;
  readonly socket: string;
  /** What it offers, best first; `undefined`: what an agent offers by itself. */
  readonly frameworks: readonly string[] | undefined;
}

export function agentArguments(options: AgentArguments): string[] {
  const { host, underlay, mapper, socket, frameworks } = options;
  return [
    'agent',
    '--host',
    host,
    '--underlay',
    formatEndpoint(underlay),
    '--mapper',
    formatEndpoint(mapper),
    '--socket',
    socket,
    ...(frameworks === undefined ? [] : ['--frameworks', frameworks.join(',')]),
  ];
}
