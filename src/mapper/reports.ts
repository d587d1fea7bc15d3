import type { Report } from '../control/messages.ts';
import type { Compare, Store, Write } from '../store/store.ts';
import { MAX_CHANGE_ATTEMPTS } from './limits.ts';
import type { LiveValue } from './live-table.ts';
import type { MapperState } from './mapper-state.ts';
import type { Session } from './session.ts';
import type { StoreFollower } from './store-follower.ts';
import { encodeValue, liveKey } from './store-keys.ts';

type PortReport = Report['ports'][number];

export interface ReportTarget {
  readonly store: Store;
  readonly state: MapperState;
  readonly follower: StoreFollower;
}

interface LiveChange {
  readonly compare: Compare;
  readonly write: Write;
}

/**
 * Takes what a host says about its ports; resolves when mappings follow it. What is older than what
 * the daemon knows, or about another host's port, changes nothing.
 */
export async function takeReport(
  { store, state, follower }: ReportTarget,
  session: Session,
  requestId: number,
  report: Report,
): Promise<boolean> {
  const ports = report.ports.filter((port) => isKnown(state, port) && isNewer(session, requestId, port));
  for (const { name, state: said } of ports) session.reported.set(name, { requestId, state: said });
  for (let attempt = 0; attempt < MAX_CHANGE_ATTEMPTS; attempt++) {
    const changes = new Map(ports.map((port) => [port.name, liveChange(state, session, port)]));
    const needed = [...changes.values()].filter((change) => change !== undefined);
    if (needed.length === 0) return true;
    const { committed, revision } = await store.transact(
      needed.map(({ compare }) => compare),
      needed.map(({ write }) => write),
    );
    await follower.reached(revision);
    if (committed) return true;
  }
  return false;
}

function isKnown(state: MapperState, { name }: PortReport): boolean {
  return state.cloud.port(name) !== undefined || state.live.find(name) !== undefined;
}

/** Reports of one port may arrive in another order than they were made. */
function isNewer(session: Session, requestId: number, { name }: PortReport): boolean {
  return requestId > (session.reported.get(name)?.requestId ?? 0);
}

function liveChange(state: MapperState, session: Session, report: PortReport): LiveChange | undefined {
  const key = liveKey(report.name);
  const compare = { key, modRevision: state.live.find(report.name)?.modRevision ?? 0 };
  if (report.state !== 'up') {
    return canWithdraw(state, session, report) ? { compare, write: { kind: 'delete', key } } : undefined;
  }
  const value = liveValue(state, session, report);
  return value && { compare, write: { kind: 'put', key, value: encodeValue(value) } };
}

/** `undefined` where the port is not the host's, has changed since, or is known to be up like this. */
function liveValue(state: MapperState, session: Session, { name, revision }: PortReport): LiveValue | undefined {
  const port = state.cloud.port(name);
  if (port === undefined || port.host !== session.host || port.item.revision !== revision) return undefined;
  const live = state.live.find(name);
  if (live?.host === session.host && live.boot === session.boot && live.revision === revision) return undefined;
  const { gni, addresses } = port.item;
  return { host: session.host, boot: session.boot, revision, gni, addresses };
}

function canWithdraw(state: MapperState, session: Session, { name, revision }: PortReport): boolean {
  const live = state.live.find(name);
  return live?.host === session.host && live.revision <= revision;
}
