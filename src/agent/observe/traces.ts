import { UserError } from '../../base/errors.ts';
import type { Clock } from '../../base/clock.ts';
import type { Logger } from '../../base/log.ts';
import { sampleLevel } from '../../control/sampling.ts';
import {
  MAX_TRACE_UNTOLD_MS,
  type TraceItem,
  type TraceReport,
  type TraceState,
} from '../../control/trace-messages.ts';
import type { Sighting } from '../../fastpath/watch.ts';
import { packetDigest } from '../../packet/packet-digest.ts';
import type { Agent } from '../agent.ts';
import { PacketSampler, SAMPLE_WINDOW_MS } from './packet-sampler.ts';
import { isTraced, traceReport } from './trace-report.ts';
import { TraceReports } from './trace-reports.ts';

/**
 * Packets of one trace reported in a window of the sampler: few enough that a session can tell them. A host that others
 * send to reports more, so that it says something of every packet that the sender reports.
 */
const SENDER_PER_WINDOW = 6;
const RECEIVER_PER_WINDOW = 24;
/** How often the mapping daemon hears how a trace keeps up. */
const STATE_MS = 400;

export interface TracesOptions {
  readonly clock: Clock;
  readonly log: Logger;
  /** Wall clock, ns since 1970. */
  wallTime(): bigint;
  /** Tells the mapping daemon; see `AskReport`. */
  ask(report: TraceReport | TraceState, done: (isAcknowledged: boolean) => void): boolean;
}

interface Trace {
  item: TraceItem;
  expiresAt: number;
  readonly sampler: PacketSampler;
  seen: number;
  /** A state is under way. */
  isStating: boolean;
  cancelState: () => void;
  unwatch: () => void;
}

/**
 * The flows that the mapping daemon wants traced. Each is watched until the daemon withdraws it or has not spoken of
 * it for as long as it said: so a daemon that dies leaves nothing behind.
 */
export class Traces {
  readonly counters = { refused: 0 };
  readonly reports: TraceReports;
  readonly #agent: Agent;
  readonly #options: TracesOptions;
  readonly #traces = new Map<number, Trace>();
  /** The last one that could not begin: the daemon speaks of it again, the log does not. */
  #refused: number | undefined;

  constructor(agent: Agent, options: TracesOptions) {
    this.#agent = agent;
    this.#options = options;
    this.reports = new TraceReports(options.clock, (report, done) => options.ask(report, done));
  }

  get size(): number {
    return this.#traces.size;
  }

  /** Begins a trace, or goes on with it. */
  set(item: TraceItem): void {
    const expiresAt = this.#options.clock.now() + item.validMs;
    const known = this.#traces.get(item.id);
    if (known !== undefined && known.item.port === item.port) {
      known.expiresAt = expiresAt;
      return;
    }
    this.end(item.id);
    this.#begin(item, expiresAt);
  }

  end(id: number): void {
    const trace = this.#traces.get(id);
    if (trace === undefined) return;
    trace.unwatch();
    trace.cancelState();
    this.#traces.delete(id);
    this.reports.forget(id);
  }

  /** Ends what the mapping daemon no longer speaks of, and tells it what it could not be told before. */
  sweep(): void {
    const now = this.#options.clock.now();
    for (const [id, { expiresAt }] of this.#traces) if (expiresAt <= now) this.end(id);
    this.reports.flush();
  }

  stop(): void {
    for (const id of this.#traces.keys()) this.end(id);
  }

  #begin(item: TraceItem, expiresAt: number): void {
    const now = this.#options.clock.now();
    const sampler = new PacketSampler(item.port === undefined ? RECEIVER_PER_WINDOW : SENDER_PER_WINDOW, now);
    const nothing = () => {};
    const trace: Trace = {
      item,
      expiresAt,
      sampler,
      seen: 0,
      isStating: false,
      cancelState: nothing,
      unwatch: nothing,
    };
    try {
      trace.unwatch = this.#agent.watchers.addFlow(item, (sighting) => {
        if (isTraced(this.#agent, item, sighting)) this.#report(trace, sighting);
      });
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      this.#refuse(item.id, error);
      return;
    }
    this.#traces.set(item.id, trace);
    this.reports.begin(item.id);
    // Before the sampler's first window is over, it leaves out packets of any flow.
    this.#stateLater(trace, SAMPLE_WINDOW_MS);
  }

  /** The daemon hears it each time that it speaks of the trace. */
  #refuse(trace: number, { message }: UserError): void {
    if (this.#refused !== trace) {
      this.counters.refused++;
      this.#options.log.warn('trace-not-begun', { trace, why: message });
    }
    this.#refused = trace;
    const state = { kind: 'trace-state', trace, isRefused: true, untoldMs: 0, leftOut: 0, sampleBits: 0 } as const;
    this.#options.ask(state, () => {});
  }

  #report(trace: Trace, sighting: Sighting): void {
    const { clock, wallTime } = this.#options;
    const { item, sampler } = trace;
    trace.seen++;
    const digest = packetDigest(sighting.arrival.bytes);
    if (!sampler.passes(sampleLevel(digest), clock.now())) return;
    const timeUs = Number(wallTime() / 1000n);
    const mark = { trace: item.id, digest, timeUs, seen: trace.seen, sampleBits: sampler.bits };
    this.reports.add(traceReport(this.#agent, sighting, mark));
  }

  #stateLater(trace: Trace, delayMs: number): void {
    trace.cancelState = this.#options.clock.after(delayMs, () => {
      this.#state(trace);
      this.#stateLater(trace, STATE_MS);
    });
  }

  /** Never two at once: the daemon knows that each is of a moment after it took the one before. */
  #state(trace: Trace): void {
    if (trace.isStating) return;
    const { item, sampler } = trace;
    const untoldMs = Math.min(MAX_TRACE_UNTOLD_MS, Math.ceil(this.reports.untoldMs(item.id)));
    const leftOut = this.reports.leftOut(item.id);
    const sampleBits = sampler.highestBits;
    const state = { kind: 'trace-state', trace: item.id, isRefused: false, untoldMs, leftOut, sampleBits } as const;
    trace.isStating = this.#options.ask(state, () => {
      trace.isStating = false;
    });
    if (trace.isStating) sampler.forgetHighest();
  }
}
