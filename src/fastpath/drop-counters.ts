import { DROP_REASON_NAMES, type DropReason } from '../pipeline/drop-reasons.ts';

/** Packets dropped since start, by reason. */
export class DropCounters {
  readonly #counts = new Map<DropReason, number>(DROP_REASON_NAMES.map((reason) => [reason, 0]));

  count(reason: DropReason, packets = 1): void {
    this.#counts.set(reason, (this.#counts.get(reason) ?? 0) + packets);
  }

  read(): ReadonlyMap<DropReason, number> {
    return this.#counts;
  }
}
