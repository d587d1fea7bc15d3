import type { TraceReport } from '../../control/trace-messages.ts';

/** Reports that wait to be sent; what comes on top is left out. */
export const MAX_WAITING_REPORTS = 256;
/** Of them under way at once: a part of what a session may ask at a time, so that look-ups have theirs. */
export const MAX_REPORTS_ASKED = 8;

/** Reports about packets on their way to the mapping daemon, each once. */
export class TraceReports {
  readonly counters = { reported: 0, overflowed: 0 };
  readonly #waiting: TraceReport[] = [];
  readonly #ask: (report: TraceReport, done: () => void) => boolean;
  #asked = 0;

  /** `ask` sends one; it returns false when no session is there to take it, or it has too much to do. */
  constructor(ask: (report: TraceReport, done: () => void) => boolean) {
    this.#ask = ask;
  }

  add(report: TraceReport): void {
    if (this.#waiting.length >= MAX_WAITING_REPORTS) {
      this.counters.overflowed++;
      return;
    }
    this.#waiting.push(report);
    this.flush();
  }

  flush(): void {
    for (let next = this.#waiting[0]; next !== undefined; next = this.#waiting[0]) {
      if (this.#asked >= MAX_REPORTS_ASKED || !this.#ask(next, () => this.#done())) return;
      this.#asked++;
      this.#waiting.shift();
    }
  }

  /** Nobody waits for what a trace that is over has not said yet. */
  forget(trace: number): void {
    const kept = this.#waiting.filter((report) => report.trace !== trace);
    this.#waiting.splice(0, Infinity, ...kept);
  }

  #done(): void {
    this.#asked--;
    this.counters.reported++;
    this.flush();
  }
}
