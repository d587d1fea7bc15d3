import type { StreamDocument } from '../admin/stream-documents.ts';
import type { TraceRequest } from '../admin/trace-documents.ts';
import type { Clock } from '../base/clock.ts';
import { UserError } from '../base/errors.ts';
import { formatAddress } from '../base/ipv4.ts';
import type { Logger } from '../base/log.ts';
import type { Random } from '../base/random.ts';
import type { TraceReport, TraceState } from '../control/trace-messages.ts';
import type { ResolvedPort } from './cloud-view.ts';
import { MAX_TRACES } from './limits.ts';
import type { MapperState } from './mapper-state.ts';
import { RunningTrace } from './running-trace.ts';
import type { Session } from './session.ts';
import type { Sessions } from './sessions.ts';
import { planTrace } from './trace-plan.ts';

export interface TracesOptions {
  readonly state: MapperState;
  readonly sessions: Sessions;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  /** Of the store. */
  incarnation(): string;
}

/** The traces that operators asked for and still look at. */
export class Traces {
  readonly counters = { traces: 0, traceReports: 0, traceReportsLate: 0 };
  readonly #options: TracesOptions;
  readonly #running = new Map<number, RunningTrace>();

  constructor(options: TracesOptions) {
    this.#options = options;
  }

  /** Traces that are under way. */
  get running(): number {
    return this.#running.size;
  }

  /**
   * Begins one, sends its documents, and calls `end` after the last. Returns what ends it before. Throws UserError
   * `limit`; `conflict` where the port is not up or its host is silent; `unsupported` where its agent does not trace;
   * `invalid` for addresses that are none or not the network's.
   */
  begin(
    port: ResolvedPort,
    request: TraceRequest,
    send: (document: StreamDocument) => void,
    end: () => void,
  ): () => void {
    if (this.#running.size >= MAX_TRACES) {
      throw new UserError('limit', `${MAX_TRACES} traces are under way`, 'end one of them first');
    }
    const { state, sessions, clock, log } = this.#options;
    const plan = planTrace(state, port, request);
    this.#requireTracing(port.host);
    const id = this.#freeId();
    const incarnation = this.#options.incarnation();
    const trace = new RunningTrace({ id, plan, state, sessions, clock, incarnation, send, ended: () => over() });
    const stop = () => {
      if (!this.#running.delete(id)) return;
      trace.stop();
      log.info('trace-ended', { trace: id });
    };
    const over = () => {
      stop();
      end();
    };
    this.#running.set(id, trace);
    this.counters.traces++;
    const { gni, source, destination } = plan.flow;
    const flow = { from: formatAddress(source), to: formatAddress(destination) };
    log.info('trace-begun', { trace: id, port: plan.port, gni, ...flow });
    trace.begin();
    return stop;
  }

  report(session: Session, report: TraceReport): void {
    const trace = this.#running.get(report.trace);
    if (trace === undefined) this.counters.traceReportsLate++;
    else this.counters.traceReports++;
    trace?.report(session, report);
  }

  state(session: Session, state: TraceState): void {
    this.#running.get(state.trace)?.state(session, state);
  }

  stop(): void {
    for (const trace of this.#running.values()) trace.stop();
    this.#running.clear();
  }

  #requireTracing(host: string): void {
    const session = this.#options.sessions.ofHost(host);
    if (session === undefined) {
      throw new UserError('conflict', `host ${host} is silent`, `see \`weft get host ${host}\`, and start its agent`);
    }
    if (session.features.has('trace')) return;
    const { agentVersion } = session;
    throw new UserError('unsupported', `the agent of host ${host} does not trace: it is ${agentVersion}`, 'upgrade it');
  }

  #freeId(): number {
    for (;;) {
      const id = this.#options.random.uint32();
      if (id !== 0 && !this.#running.has(id)) return id;
    }
  }
}
