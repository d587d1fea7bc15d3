import { DecodeError } from '../../base/errors.ts';
import { formatAddress, formatEndpoint } from '../../base/ipv4.ts';
import { formatTime } from '../../base/format-time.ts';
import type { PacketFate, PacketFlow, PacketRecord } from '../../admin/stream-documents.ts';
import type { Sighting, Verdict } from '../../fastpath/watch.ts';
import { PacketView } from '../../packet/packet-view.ts';
import type { Arrival } from '../../pipeline/arrival.ts';
import { decide, type TraceStep } from '../../pipeline/decide.ts';
import { DROP_REASONS } from '../../pipeline/drop-reasons.ts';
import type { Decision } from '../../pipeline/outcome.ts';
import { decodeHeader } from '../../wire/header.ts';
import type { Agent } from '../agent.ts';

/**
 * What became of a packet, for people. The verdict is what the fast path did; the record and its generation come
 * from deciding again, and are left out where that says something else by now. `time` is the wall clock's,
 * nanoseconds since 1970.
 */
export function fateOf(agent: Agent, sighting: Sighting, time: bigint): PacketFate {
  const { arrival, verdict } = sighting;
  const { decision, isSame } = decideAgain(agent, sighting);
  const to = targetOf(agent, verdict);
  return {
    time: formatTime(time, 9),
    ...originOf(agent, arrival),
    ...flowOf(arrival),
    verdict: verdict.kind,
    ...(to === undefined ? {} : { to }),
    ...(verdict.kind === 'drop' ? { reason: verdict.reason, meaning: DROP_REASONS[verdict.reason] } : {}),
    ...headerOf(agent, sighting),
    ...(isSame ? recordOf(agent, decision) : {}),
  };
}

/** What would be done with the packet now, stage by stage into `trace`, and whether that is what was done. */
export function decideAgain(
  agent: Agent,
  { arrival, verdict }: Sighting,
  trace?: TraceStep[],
): { readonly decision: Decision; readonly isSame: boolean } {
  const decision = decide(agent.state, arrival, trace);
  const { outcome } = decision;
  const isSameDrop = outcome.kind !== 'drop' || verdict.kind !== 'drop' || outcome.reason === verdict.reason;
  return { decision, isSame: outcome.kind === verdict.kind && isSameDrop };
}

/** The host or the port where it went. */
export function targetOf(agent: Agent, verdict: Verdict): string | undefined {
  if (verdict.kind === 'send') return verdict.host;
  return verdict.kind === 'drop' ? undefined : agent.ports.nameOf(verdict.port);
}

export function originOf(agent: Agent, arrival: Arrival): { port: string } | { peer: string } {
  if (arrival.kind === 'guest') return { port: agent.ports.nameOf(arrival.port) };
  return { peer: agent.state.peerByEndpoint(arrival.source)?.name ?? formatEndpoint(arrival.source) };
}

function flowOf({ bytes }: Arrival): { flow: PacketFlow } | undefined {
  const packet = new PacketView();
  if (packet.parse(bytes) !== undefined) return undefined;
  const { sourcePort, destinationPort } = packet;
  const hasPorts = sourcePort !== 0 || destinationPort !== 0;
  return {
    flow: {
      source: formatAddress(packet.source),
      destination: formatAddress(packet.destination),
      protocol: packet.protocol,
      ...(hasPorts ? { sourcePort, destinationPort } : {}),
    },
  };
}

type HeaderFields = Pick<PacketFate, 'sourceGni' | 'destinationGni' | 'agreement' | 'framework'>;

/** Of the header that it came with or left with; a packet that stays here has the GNI of its port. */
export function headerOf(agent: Agent, { arrival, output }: Sighting): HeaderFields {
  const header = arrival.kind === 'underlay' ? arrival.header : output?.kind === 'underlay' ? output.header : undefined;
  if (header !== undefined) return decodedHeader(header);
  const gni = arrival.kind === 'guest' ? agent.ports.byIndex(arrival.port)?.item.gni : undefined;
  return gni === undefined ? {} : { sourceGni: gni };
}

function decodedHeader(bytes: Uint8Array): HeaderFields {
  try {
    const { framework, body } = decodeHeader(bytes);
    const { sourceGni, destinationGni, agreement } = body;
    return { sourceGni, destinationGni, agreement, framework: framework.name };
  } catch (error) {
    if (error instanceof DecodeError) return {};
    throw error;
  }
}

function recordOf(agent: Agent, { decidedBy }: Decision): { record: PacketRecord } | undefined {
  const record = decidedBy === undefined ? undefined : agent.state.record(decidedBy);
  if (record === undefined) return undefined;
  const { name, revision } = record;
  if (revision === undefined) return { record: { name } };
  return { record: { name, generation: `${agent.session.incarnation}:${revision}` } };
}
