import type { Clock } from '../base/clock.ts';
import type { Logger } from '../base/log.ts';

/** Heartbeats that may go unanswered before the daemon counts as silent. */
const SILENT_AFTER_HEARTBEATS = 3;
/** Until the daemon tells it, ms. */
const DEFAULT_HEARTBEAT_MS = 1000;

/** When the mapping daemon was heard last. The log is told when it falls silent and when it is back, each once. */
export class MapperSilence {
  heartbeatMs = DEFAULT_HEARTBEAT_MS;
  readonly #clock: Clock;
  readonly #log: Logger;
  #startedAt = 0;
  #lastHeard: number | undefined;
  #isTold = false;

  constructor(clock: Clock, log: Logger) {
    this.#clock = clock;
    this.#log = log;
  }

  /** Undefined before it was heard for the first time. */
  get lastHeard(): number | undefined {
    return this.#lastHeard;
  }

  get isSilent(): boolean {
    return this.#lastHeard === undefined || this.#isTooLong(this.#silentMs());
  }

  /** From now on it should be heard. */
  begin(): void {
    this.#startedAt = this.#clock.now();
  }

  heard(): void {
    if (this.#isTold) this.#log.info('mapper-back', { silentMs: this.#silentMs() });
    this.#isTold = false;
    this.#lastHeard = this.#clock.now();
  }

  /** To be called now and then. */
  notice(): void {
    const silentMs = this.#silentMs();
    if (this.#isTold || !this.#isTooLong(silentMs)) return;
    this.#isTold = true;
    this.#log.warn('mapper-silent', { silentMs });
  }

  #isTooLong(silentMs: number): boolean {
    return silentMs > SILENT_AFTER_HEARTBEATS * this.heartbeatMs;
  }

  /** Since it was heard last, or since the beginning. */
  #silentMs(): number {
    return Math.round(this.#clock.now() - (this.#lastHeard ?? this.#startedAt));
  }
}
