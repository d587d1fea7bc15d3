import type { Clock } from '../../base/clock.ts';
import type { TraceReport } from '../../control/trace-messages.ts';

/** Reports that wait to be sent; what comes on top is left out. */
export const MAX_WAITING_REPORTS = 256;
/** Of them under way at once: a part of what a session may ask at a time, so that look-ups have theirs. */
export const MAX_REPORTS_ASKED = 16;

/** Sends one; false when no session is there to take it, or it has too much to do. */
export type AskReport = (report: TraceReport, done: (isAcknowledged: boolean) => void) => boolean;

interface Untold {
  readonly report: TraceReport;
  readonly since: number;
}

/** Reports about packets on their way to the mapping daemon, each once. */
export class TraceReports {
  readonly counters = { reported: 0, leftOut: 0 };
  readonly #clock: Clock;
  readonly #ask: AskReport;
  /** Of each trace that is under way, how many of its reports will never be told. */
  readonly #leftOut = new Map<number, number>();
  /** Oldest first. */
  readonly #waiting: Untold[] = [];
  readonly #asked = new Set<Untold>();

  constructor(clock: Clock, ask: AskReport) {
    this.#clock = clock;
    this.#ask = ask;
  }

  begin(trace: number): void {
    this.#leftOut.set(trace, 0);
  }

  add(report: TraceReport): void {
    if (this.#waiting.length >= MAX_WAITING_REPORTS) {
      this.#leaveOut(report);
      return;
    }
    this.#waiting.push({ report, since: this.#clock.now() });
    this.flush();
  }

  flush(): void {
    for (let next = this.#waiting[0]; next !== undefined; next = this.#waiting[0]) {
      const untold = next;
      const done = (isAcknowledged: boolean) => this.#done(untold, isAcknowledged);
      if (this.#asked.size >= MAX_REPORTS_ASKED || !this.#ask(untold.report, done)) return;
      this.#asked.add(untold);
      this.#waiting.shift();
    }
  }

  /** How long the oldest report of a trace that is not acknowledged has waited, ms; 0 where there is none. */
  untoldMs(trace: number): number {
    const untold = [...this.#asked, ...this.#waiting].filter(({ report }) => report.trace === trace);
    const now = this.#clock.now();
    return untold.reduce((longest, { since }) => Math.max(longest, now - since), 0);
  }

  leftOut(trace: number): number {
    return this.#leftOut.get(trace) ?? 0;
  }

  /** Nobody waits for what a trace that is over has not said yet. */
  forget(trace: number): void {
    this.#leftOut.delete(trace);
    const kept = this.#waiting.filter(({ report }) => report.trace !== trace);
    this.#waiting.splice(0, Infinity, ...kept);
  }

  #done(untold: Untold, isAcknowledged: boolean): void {
    this.#asked.delete(untold);
    if (isAcknowledged) this.counters.reported++;
    else this.#leaveOut(untold.report);
    this.flush();
  }

  #leaveOut({ trace }: TraceReport): void {
    const before = this.#leftOut.get(trace);
    if (before === undefined) return;
    this.#leftOut.set(trace, before + 1);
    this.counters.leftOut++;
  }
}
