import { MAX_REPORT_PORTS, type PortState, type Report } from '../control/messages.ts';

interface PortReport {
  readonly revision: number;
  readonly state: PortState;
}

/** What the mapping daemon has to be told of ports: the last state of each, until it is acknowledged. */
export class Reports {
  readonly #waiting = new Map<string, PortReport>();
  readonly #ask: (report: Report, done: (isAcknowledged: boolean) => void) => boolean;
  #isAsking = false;

  /** `ask` sends one report; it returns false when no session is there to take it. */
  constructor(ask: (report: Report, done: (isAcknowledged: boolean) => void) => boolean) {
    this.#ask = ask;
  }

  get waiting(): number {
    return this.#waiting.size;
  }

  set(name: string, revision: number, state: PortState): void {
    this.#waiting.set(name, { revision, state });
    this.flush();
  }

  /** One report at a time, so that the states of a port arrive in order. */
  flush(): void {
    if (this.#isAsking || this.#waiting.size === 0) return;
    const sent = [...this.#waiting].slice(0, MAX_REPORT_PORTS);
    const ports = sent.map(([name, { revision, state }]) => ({ name, revision, state }));
    this.#isAsking = this.#ask({ kind: 'report', ports }, (isAcknowledged) => {
      this.#isAsking = false;
      if (isAcknowledged) this.#settle(sent);
    });
  }

  #settle(sent: readonly (readonly [string, PortReport])[]): void {
    for (const [name, report] of sent) if (this.#waiting.get(name) === report) this.#waiting.delete(name);
    this.flush();
  }
}
