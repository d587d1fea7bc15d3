import type { Clock } from '../base/clock.ts';
import { type Endpoint, formatEndpoint } from '../base/ipv4.ts';
import type { Logger } from '../base/log.ts';
import type { Arrival } from '../pipeline/arrival.ts';
import type { DropReason } from '../pipeline/drop-reasons.ts';

/** What no host sends that keeps to what was agreed. */
const ALARMING: ReadonlySet<DropReason> = new Set(['unknown-sender', 'wrong-agreement', 'source-not-there']);
/** One sender is named once for each reason in so long, ms. */
const ALARM_INTERVAL_MS = 60_000;
/** Alarms in that time; senders can be forged, so further ones are counted only. */
export const MAX_ALARMS = 32;

export interface AlarmsOptions {
  readonly clock: Clock;
  readonly log: Logger;
  /** The name of the host that receives there. */
  peerAt(endpoint: Endpoint): string | undefined;
}

/** Names those who send what they must not. */
export class Alarms {
  readonly #options: AlarmsOptions;
  /** By reason and sender: those told since `#since`. */
  readonly #told = new Set<string>();
  #since = Number.NEGATIVE_INFINITY;
  #suppressed = 0;

  constructor(options: AlarmsOptions) {
    this.#options = options;
  }

  notice(arrival: Arrival, reason: DropReason): void {
    if (arrival.kind !== 'underlay' || !ALARMING.has(reason)) return;
    const from = formatEndpoint(arrival.source);
    this.#beginAnew();
    if (this.#told.has(`${reason} ${from}`)) return;
    if (this.#told.size >= MAX_ALARMS) {
      this.#suppressed++;
      return;
    }
    this.#told.add(`${reason} ${from}`);
    const { log, peerAt } = this.#options;
    log.warn('alarm', { reason, from, peer: peerAt(arrival.source), suppressed: this.#suppressed });
    this.#suppressed = 0;
  }

  #beginAnew(): void {
    const now = this.#options.clock.now();
    if (now - this.#since < ALARM_INTERVAL_MS) return;
    this.#since = now;
    this.#told.clear();
  }
}
