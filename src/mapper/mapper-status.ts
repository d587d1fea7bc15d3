import type { HostStatus, MapperStatusDocument } from '../admin/documents.ts';
import type { Clock } from '../base/clock.ts';
import { formatEndpoint } from '../base/ipv4.ts';
import { type Kind, KINDS } from '../model/records.ts';
import type { MapperState } from './mapper-state.ts';
import type { Sessions } from './sessions.ts';
import type { Subscriptions } from './subscriptions.ts';

/** The part of the document that needs no shell to know. */
export type MapperStatus = Omit<MapperStatusDocument, 'schema' | 'version' | 'listen'>;

export interface StatusSources {
  readonly state: MapperState;
  readonly sessions: Sessions;
  readonly subscriptions: Subscriptions;
  readonly clock: Clock;
  readonly incarnation: string;
  readonly uptimeMs: number;
  readonly counters: { readonly [counter: string]: number };
}

export function mapperStatus(sources: StatusSources): MapperStatus {
  const { state, incarnation, counters } = sources;
  const names = state.cloud.ofKind('host').map(({ spec }) => spec.name);
  return {
    incarnation,
    revision: state.revision,
    uptimeMs: Math.round(sources.uptimeMs),
    records: Object.fromEntries(KINDS.map((kind) => [kind, state.cloud.count(kind)])) as Record<Kind, number>,
    hosts: names.toSorted().map((name) => hostStatus(sources, name)),
    agreements: state.agreements.count,
    counters,
  };
}

function hostStatus({ state, sessions, subscriptions, clock }: StatusSources, name: string): HostStatus {
  const session = sessions.ofHost(name);
  const last = sessions.lastOf(name);
  const ports = state.cloud.portsOf(name);
  const up = ports.filter(({ item }) => portState(state, sessions, item.name) === 'up').length;
  return {
    name,
    underlay: state.cloud.find('host', name)?.spec.underlay ?? '',
    state: session !== undefined ? 'up' : last === undefined ? 'absent' : 'silent',
    frameworks: last?.frameworks ?? [],
    pendingPushes: session?.pendingPushes ?? 0,
    subscriptions: session === undefined ? 0 : subscriptions.countOf(session),
    ports: { total: ports.length, up },
    ...(last && {
      agentVersion: last.agentVersion,
      endpoint: formatEndpoint(last.endpoint),
      lastHeardMs: Math.round(clock.now() - last.lastHeard),
    }),
  };
}

/** `up` on its host, `moving` while another host still has it, `lost`, or `pending`: not reported yet. */
export function portState(state: MapperState, sessions: Sessions, name: string): string {
  const host = state.cloud.port(name)?.host;
  const live = state.live.find(name);
  if (live !== undefined) return live.host === host ? 'up' : 'moving';
  const said = host === undefined ? undefined : sessions.ofHost(host)?.reported.get(name)?.state;
  return said === 'lost' ? 'lost' : 'pending';
}
