import { fitStages } from '../../control/fit-stages.ts';
import { MAX_RECORD_NAME, type TraceItem, type TraceReport } from '../../control/trace-messages.ts';
import type { Sighting } from '../../fastpath/watch.ts';
import type { TraceStep } from '../../pipeline/decide.ts';
import type { Outcome } from '../../pipeline/outcome.ts';
import type { Agent } from '../agent.ts';
import { decideAgain, headerOf, originOf, targetOf } from './fate.ts';

/** What is told of a packet beside what became of it. */
export type TraceMark = Pick<TraceReport, 'trace' | 'digest' | 'timeUs' | 'seen' | 'sampleBits'>;

/**
 * Whether a packet of the watched addresses is one to report: of the tenant asked for, by the port it came from or
 * by the header of its datagram, and sent by the port or by another host, whichever this host was asked for.
 */
export function isTraced(agent: Agent, item: TraceItem, sighting: Sighting): boolean {
  const { arrival } = sighting;
  if (headerOf(agent, sighting).sourceGni !== item.gni) return false;
  if (item.port === undefined) return arrival.kind === 'underlay';
  return arrival.kind === 'guest' && agent.ports.nameOf(arrival.port) === item.port;
}

export function traceReport(agent: Agent, sighting: Sighting, mark: TraceMark): TraceReport {
  const { arrival, verdict } = sighting;
  const trace: TraceStep[] = [];
  const { decision, isSame } = decideAgain(agent, sighting, trace);
  const record = isSame && decision.decidedBy !== undefined ? agent.state.record(decision.decidedBy) : undefined;
  const origin = originOf(agent, arrival);
  return {
    kind: 'trace-report',
    ...mark,
    origin: 'port' in origin ? origin.port : origin.peer,
    verdict: verdict.kind,
    to: targetOf(agent, verdict) ?? '',
    reason: verdict.kind === 'drop' ? verdict.reason : '',
    record: record?.name.slice(0, MAX_RECORD_NAME) ?? '',
    recordRevision: record?.revision ?? 0,
    again: isSame ? '' : outcomeWords(decision.outcome),
    stages: fitStages(trace.map(({ stage, verdict: said, detail }) => ({ name: stage, verdict: said, detail }))),
  };
}

function outcomeWords(outcome: Outcome): string {
  return outcome.kind === 'drop' ? `drop: ${outcome.reason}` : outcome.kind;
}
