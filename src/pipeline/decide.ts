import type { Snapshot } from '../model/snapshot.ts';
import { PacketView } from '../packet/packet-view.ts';
import type { Arrival } from './arrival.ts';
import type { Decision, Outcome } from './outcome.ts';
import type { Sheet, Stage } from './stage.ts';
import { GUEST_STAGES, UNDERLAY_STAGES } from './stages.ts';

/** IPv4's total length is 16 bits. */
const MAX_PACKET_BYTES = 65535;

/** One stage passed, for `weft explain`. */
export interface TraceStep {
  readonly stage: string;
  /** `pass`, or the kind of the outcome that ended the decision. */
  readonly verdict: 'pass' | Outcome['kind'];
  readonly detail: string;
}

/**
 * Decides what happens to a packet. Pure: the same snapshot and arrival give the same decision, and
 * nothing is changed. Forwarding and explaining both call it; `trace` is filled only when given.
 */
export function decide(snapshot: Snapshot, arrival: Arrival, trace?: TraceStep[]): Decision {
  const sheet: Sheet = {
    snapshot,
    arrival,
    packet: new PacketView(),
    reads: new Set(),
    isCacheable: true,
    validForMs: Number.POSITIVE_INFINITY,
    maxLength: MAX_PACKET_BYTES,
    decidedBy: undefined,
  };
  const outcome = runStages(arrival.kind === 'guest' ? GUEST_STAGES : UNDERLAY_STAGES, sheet, trace);
  return {
    outcome,
    context: sheet.context,
    isCacheable: sheet.isCacheable,
    maxLength: sheet.maxLength,
    validForMs: sheet.validForMs,
    reads: [...sheet.reads].toSorted((a, b) => a - b),
    decidedBy: sheet.decidedBy,
  };
}

function runStages(stages: readonly Stage[], sheet: Sheet, trace: TraceStep[] | undefined): Outcome {
  for (const stage of stages) {
    const outcome = stage.run(sheet);
    trace?.push({ stage: stage.name, verdict: outcome?.kind ?? 'pass', detail: stage.describe(sheet) });
    if (outcome !== undefined) return outcome;
  }
  throw new Error(`the last stage, ${stages.at(-1)?.name}, gave no outcome`);
}
