import type { TraceDocument, TraceResult, TraceSighting } from '../admin/trace-documents.ts';
import type { Outcome } from '../admin/documents.ts';
import { formatTime } from '../base/format-time.ts';
import type { TraceReport } from '../control/trace-messages.ts';
import { DROP_REASONS } from '../pipeline/drop-reasons.ts';
import type { JoinedPacket } from './trace-join.ts';

/** The stage whose detail describes the packet. */
const DESCRIBING_STAGE = 'parse';

/** `incarnation` is that of the store whose revisions the agents name. */
export function traceDocument(packet: JoinedPacket, incarnation: string): TraceDocument {
  const { number, sender, sent, received, missing } = packet;
  const sightings = [sightingOf(sender, sent, incarnation)];
  if (received !== undefined) sightings.push(sightingOf(sent.to, received, incarnation));
  return {
    schema: 'netweft.trace/v1',
    packet: number,
    description: sent.stages.find(({ name }) => name === DESCRIBING_STAGE)?.detail ?? '',
    result: resultOf(packet),
    sightings,
    ...(missing === undefined ? {} : { missing }),
  };
}

function resultOf({ sent, received, missing }: JoinedPacket): TraceResult {
  if (missing !== undefined) return missing.why === 'unseen' ? 'lost' : 'unknown';
  switch ((received ?? sent).verdict) {
    case 'deliver':
      return 'delivered';
    case 'drop':
      return 'dropped';
    case 'reply':
      return 'answered';
    default:
      return 'unknown';
  }
}

function sightingOf(host: string, report: TraceReport, incarnation: string): TraceSighting {
  const { timeUs, seen, to, reason, record, recordRevision, again } = report;
  const meaning = (DROP_REASONS as Readonly<Record<string, string>>)[reason];
  const generation = recordRevision === 0 ? {} : { generation: `${incarnation}:${recordRevision}` };
  return {
    host,
    time: formatTime(BigInt(timeUs) * 1000n, 6),
    seen,
    verdict: report.verdict as Outcome,
    ...(to === '' ? {} : { to }),
    ...(reason === '' ? {} : { reason }),
    ...(meaning === undefined ? {} : { meaning }),
    ...(record === '' ? {} : { record: { name: record, ...generation } }),
    ...(again === '' ? {} : { again }),
    stages: report.stages.map(({ name, verdict, detail }) => ({ stage: name, verdict, detail })),
  };
}
