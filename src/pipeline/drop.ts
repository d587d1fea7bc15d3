import type { DropReason } from './drop-reasons.ts';
import type { Outcome, WantedMapping } from './outcome.ts';

export function drop(reason: DropReason): Outcome {
  return { kind: 'drop', reason };
}

/** Drops a packet that contradicts a mapping, which is then asked for again. */
export function dropDoubting(reason: DropReason, doubted: WantedMapping): Outcome {
  return { kind: 'drop', reason, doubted };
}
