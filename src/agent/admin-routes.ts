import type { FastifyInstance } from 'fastify';
import type {
  AgentStatusDocument,
  DropsDocument,
  ExplainDocument,
  ExplainRequest,
  FlowEntry,
  FlowsDocument,
  PortEntry,
  PortsDocument,
} from '../admin/documents.ts';
import type { Streams } from '../admin/stream-server.ts';
import { formatAddress, formatEndpoint } from '../base/ipv4.ts';
import type { EventJournal } from '../events/event-journal.ts';
import { eventRoutes } from '../events/event-routes.ts';
import type { FlowInfo } from '../fastpath/fast-path.ts';
import { DROP_REASONS } from '../pipeline/drop-reasons.ts';
import type { Agent } from './agent.ts';
import { explain } from './explain.ts';
import { followRoutes } from './observe/follow-routes.ts';
import type { OwnedPort } from './port-set.ts';

/** Flows that one answer shows unless asked for fewer. */
const MAX_FLOWS_SHOWN = 10_000;

/** What an agent answers on its admin socket. */
export function agentRoutes(
  agent: Agent,
  startedAt: number,
  journal: EventJournal,
): (app: FastifyInstance, streams: Streams) => void {
  return (app, streams) => {
    followRoutes(app, streams, agent);
    eventRoutes(app, streams, journal);
    app.get('/v1/status', () => status(agent, startedAt));
    app.get('/v1/ports', () => ports(agent));
    app.get('/v1/drops', () => drops(agent));
    app.get<{ Querystring: { limit?: number } }>('/v1/flows', { schema: FLOWS_QUERY }, (request) =>
      flows(agent, request.query.limit ?? MAX_FLOWS_SHOWN),
    );
    app.post<{ Body: ExplainRequest }>(
      '/v1/explain',
      { schema: EXPLAIN_BODY },
      (request): ExplainDocument => explain(agent, request.body),
    );
  };
}

const FLOWS_QUERY = {
  querystring: {
    type: 'object',
    additionalProperties: false,
    properties: { limit: { type: 'integer', minimum: 1, maximum: MAX_FLOWS_SHOWN } },
  },
};

const EXPLAIN_BODY = {
  body: {
    type: 'object',
    additionalProperties: false,
    required: ['packet'],
    properties: {
      port: { type: 'string' },
      from: { type: 'string' },
      header: { type: 'string' },
      tos: { type: 'integer', minimum: 0, maximum: 255 },
      packet: { type: 'string' },
    },
  },
};

function status(agent: Agent, startedAt: number): AgentStatusDocument {
  const { host, version, boot, mapper, fastPath, clock } = agent.options;
  const { session, state } = agent;
  const path = fastPath.status();
  return {
    schema: 'netweft.agent-status/v1',
    host,
    version,
    boot,
    mapper: {
      endpoint: formatEndpoint(mapper),
      state: session.isSilent && session.state === 'ready' ? 'silent' : stateName(session.state),
      ...(session.refusedFor === undefined ? {} : { refused: session.refusedFor }),
      session: session.session,
      incarnation: session.incarnation,
      ...(session.lastHeard === undefined ? {} : { lastHeardMs: Math.round(clock.now() - session.lastHeard) }),
    },
    underlay: agent.io === undefined ? '' : formatEndpoint(agent.io.underlay),
    frameworks: session.frameworks,
    fastPath: { name: fastPath.name, flows: path.flows, capacity: path.capacity, pending: path.upcallsWaiting },
    ports: countBy(agent.ports.all(), (port) => port.state),
    mappings: state.mappings.size,
    agreements: state.agreements.size,
    counters: counters(agent),
    io: { ...agent.io?.counters() },
    uptimeMs: Math.round(clock.now() - startedAt),
  };
}

function counters({ options, session, lookups, slowPath, state, traces }: Agent): AgentStatusDocument['counters'] {
  const { hits, upcalls, evictions, contexts } = options.fastPath.status();
  return {
    flowHits: hits,
    flowUpcalls: upcalls,
    flowEvictions: evictions,
    acceptedHeaders: contexts,
    decisions: slowPath.counters.decisions,
    packetsHeld: slowPath.counters.held,
    mappingsAsked: lookups.counters.asked,
    mappingsAnswered: lookups.counters.answered,
    mappingsNotQueued: lookups.counters.overflowed,
    mappingsStale: state.mappings.stale,
    mappingsEvicted: state.mappings.evicted,
    tracesRefused: traces.counters.refused,
    traceReports: traces.reports.counters.reported,
    traceReportsLeftOut: traces.reports.counters.leftOut,
    controlDatagrams: session.counters.datagramsIn,
    controlDatagramsBad: session.counters.badDatagrams,
    controlDatagramsOfStrangers: session.counters.strangers,
    controlDatagramsOfOtherSessions: session.counters.otherSession,
    registrations: session.counters.registrations,
    registrationsRefused: session.counters.refusals,
  };
}

/** People read `registered` where the machine says `ready`. */
function stateName(state: Agent['session']['state']): string {
  return state === 'ready' ? 'registered' : state;
}

function countBy<T>(items: readonly T[], nameOf: (item: T) => string): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const item of items) counts[nameOf(item)] = (counts[nameOf(item)] ?? 0) + 1;
  return counts;
}

function ports(agent: Agent): PortsDocument {
  const entries = agent.ports.all().map((port) => portEntry(agent, port));
  return { schema: 'netweft.ports/v1', ports: entries.toSorted((a, b) => a.name.localeCompare(b.name)) };
}

function portEntry(agent: Agent, port: OwnedPort): PortEntry {
  const { name, device, namespace, gni, network, addresses, mtu, revision } = port.item;
  const { fastPath } = agent.options;
  return {
    name,
    index: port.index,
    device,
    ...(namespace === undefined ? {} : { namespace }),
    gni,
    network,
    addresses: addresses.map(formatAddress),
    mtu,
    state: port.state,
    ...(port.trouble === undefined ? {} : { trouble: port.trouble }),
    revision,
    flows: fastPath.flowsOfPort(port.index),
    counters: { ...fastPath.portCounters(port.index) },
  };
}

function drops(agent: Agent): DropsDocument {
  const reasons = [...agent.options.fastPath.drops()].map(([reason, packets]) => {
    return { reason, meaning: DROP_REASONS[reason], packets };
  });
  return { schema: 'netweft.drops/v1', reasons };
}

function flows(agent: Agent, limit: number): FlowsDocument {
  const { fastPath, clock } = agent.options;
  const shown = fastPath.flows(limit, clock.now()).map((flow) => flowEntry(agent, flow));
  return { schema: 'netweft.flows/v1', total: fastPath.status().flows, shown: shown.length, flows: shown };
}

function flowEntry(agent: Agent, flow: FlowInfo): FlowEntry {
  const { action } = flow;
  const hasPorts = flow.sourcePort !== 0 || flow.destinationPort !== 0;
  const { agreement, framework } = action?.kind === 'send' ? action : flow;
  return {
    ingress: flow.port === undefined ? `host ${flow.peer ?? 'gone'}` : agent.ports.nameOf(flow.port),
    source: formatAddress(flow.source),
    destination: formatAddress(flow.destination),
    protocol: flow.protocol,
    ...(hasPorts ? { sourcePort: flow.sourcePort, destinationPort: flow.destinationPort } : {}),
    outcome: action?.kind ?? 'hold',
    ...(action?.kind === 'deliver' ? { to: agent.ports.nameOf(action.port) } : {}),
    ...(action?.kind === 'send' ? { to: action.host } : {}),
    ...(action?.kind === 'drop' ? { reason: action.reason } : {}),
    packets: flow.packets,
    bytes: flow.bytes,
    idleMs: Math.round(flow.idleMs),
    ...(agreement === undefined ? {} : { agreement }),
    ...(framework === undefined ? {} : { framework }),
  };
}
