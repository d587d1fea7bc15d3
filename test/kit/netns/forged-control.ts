/** Messages of the control protocol as anybody can make them, and what they must not change. */
import type { AgentStatusDocument, MapperStatusDocument, PortsDocument } from '../../../src/admin/documents.ts';
import { type Endpoint, formatAddress, parseAddress, parseEndpoint } from '../../../src/base/ipv4.ts';
import { encodeMessage } from '../../../src/control/codec.ts';
import type { Item, Message } from '../../../src/control/messages.ts';
import { plainSessionLayer } from '../../../src/control/session-layer.ts';
import { DEFAULT_UNDERLAY_PORT } from '../../../src/model/records.ts';
import { OUTSIDER_ADDRESS, type ForgedDatagram } from './outsider.ts';
import type { TestLab } from './test-lab.ts';

const layer = plainSessionLayer();

/** `from` and `to` are `address:port`. */
export function controlDatagram(from: string, to: string, message: Message): ForgedDatagram {
  const source = endpointOf(from);
  const destination = endpointOf(to);
  return {
    source: formatAddress(source.address),
    sourcePort: source.port,
    destination: formatAddress(destination.address),
    destinationPort: destination.port,
    payload: Buffer.from(layer.seal(encodeMessage(message), destination)).toString('hex'),
  };
}

/** What would cut host y off, and send what it says to host x to the outsider. */
export function harm(agreement: number): readonly Item[] {
  const revision = 1_000_000;
  const endpoint = { address: parseAddress(OUTSIDER_ADDRESS) ?? 0, port: DEFAULT_UNDERLAY_PORT };
  const key = { gni: 1001, address: parseAddress('10.1.2.30') ?? 0 };
  return [
    { kind: 'port-gone', name: 'b50', revision },
    { kind: 'agreement-gone', id: agreement, revision },
    { kind: 'host', name: 'x', revision, endpoint },
    { kind: 'mapping', key, revision, host: 'z', validMs: 60_000 },
  ];
}

/** Sessions of agents and mapping daemon as both see them, and what host y has. */
export interface ControlFacts {
  readonly sessions: readonly number[];
  readonly endpoints: readonly (string | undefined)[];
  readonly states: readonly string[];
  readonly portsOfY: readonly string[];
  readonly agreementsOfY: number;
}

export async function controlFacts(lab: TestLab): Promise<ControlFacts> {
  const { hosts } = await mapperStatus(lab);
  const agents = await Promise.all(Object.keys(lab.cloud.hosts).map((host) => agentStatus(lab, host)));
  const { ports } = await lab.read<PortsDocument>('y', 'netweft.ports/v1', '/v1/ports');
  return {
    sessions: agents.map(({ mapper }) => mapper.session),
    endpoints: hosts.map(({ endpoint }) => endpoint),
    states: [...hosts.map(({ state }) => state), ...agents.map(({ mapper }) => mapper.state)],
    portsOfY: ports.map(({ name, state }) => `${name} ${state}`),
    agreementsOfY: (await agentStatus(lab, 'y')).agreements,
  };
}

export function agentStatus(lab: TestLab, host: string): Promise<AgentStatusDocument> {
  return lab.read<AgentStatusDocument>(host, 'netweft.agent-status/v1', '/v1/status');
}

export function mapperStatus(lab: TestLab): Promise<MapperStatusDocument> {
  return lab.read<MapperStatusDocument>('mapper', 'netweft.mapper-status/v1', '/v1/status');
}

function endpointOf(text: string): Endpoint {
  const parsed = parseEndpoint(text, 0);
  if (parsed === undefined) throw new Error(`no endpoint: ${text}`);
  return parsed;
}
