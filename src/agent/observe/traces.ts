import { UserError } from '../../base/errors.ts';
import type { Clock } from '../../base/clock.ts';
import type { Logger } from '../../base/log.ts';
import { sampleLevel } from '../../control/sampling.ts';
import type { TraceItem, TraceReport } from '../../control/trace-messages.ts';
import { type Sighting, WATCH_NOTHING } from '../../fastpath/watch.ts';
import { packetDigest } from '../../packet/packet-digest.ts';
import type { Agent } from '../agent.ts';
import { PacketSampler } from './packet-sampler.ts';
import { isTraced, traceReport } from './trace-report.ts';
import { TraceReports } from './trace-reports.ts';

/** Traces that one host takes part in at once. */
export const MAX_HOST_TRACES = 8;
/**
 * Packets of one trace reported in a window of the sampler. A host that others send to reports more, so that it says
 * something of every packet that the sender reports.
 */
const SENDER_PER_WINDOW = 16;
const RECEIVER_PER_WINDOW = 64;

export interface TracesOptions {
  readonly clock: Clock;
  readonly log: Logger;
  /** Wall clock, ns since 1970. */
  wallTime(): bigint;
  /** Tells the mapping daemon; see `TraceReports`. */
  ask(report: TraceReport, done: () => void): boolean;
}

interface Trace {
  item: TraceItem;
  expiresAt: number;
  readonly stop: () => void;
}

/**
 * The flows that the mapping daemon wants traced. Each is watched until the daemon withdraws it or has not spoken of
 * it for as long as it said: so a daemon that dies leaves nothing behind.
 */
export class Traces {
  readonly reports: TraceReports;
  readonly #agent: Agent;
  readonly #options: TracesOptions;
  readonly #traces = new Map<number, Trace>();
  /** The last one that could not begin: the daemon speaks of it again, the log does not. */
  #refused: number | undefined;

  constructor(agent: Agent, options: TracesOptions) {
    this.#agent = agent;
    this.#options = options;
    this.reports = new TraceReports((report, done) => options.ask(report, done));
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
    const stop = this.#begin(item);
    if (stop !== undefined) this.#traces.set(item.id, { item, expiresAt, stop });
  }

  end(id: number): void {
    this.#traces.get(id)?.stop();
    if (this.#traces.delete(id)) this.reports.forget(id);
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

  #begin(item: TraceItem): (() => void) | undefined {
    const { clock, log } = this.#options;
    const perWindow = item.port === undefined ? RECEIVER_PER_WINDOW : SENDER_PER_WINDOW;
    const sampler = new PacketSampler(perWindow, clock.now());
    let seen = 0;
    const see = (sighting: Sighting) => {
      if (isTraced(this.#agent, item, sighting)) this.#report(item.id, sighting, ++seen, sampler);
    };
    try {
      if (this.#traces.size >= MAX_HOST_TRACES) throw new UserError('limit', `${MAX_HOST_TRACES} traces are under way`);
      return this.#agent.watchers.add({ ...WATCH_NOTHING, flows: [item] }, see);
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      if (this.#refused !== item.id) log.warn('trace-not-begun', { trace: item.id, why: error.message });
      this.#refused = item.id;
      return undefined;
    }
  }

  #report(trace: number, sighting: Sighting, seen: number, sampler: PacketSampler): void {
    const { clock, wallTime } = this.#options;
    const digest = packetDigest(sighting.arrival.bytes);
    if (!sampler.passes(sampleLevel(digest), clock.now())) return;
    const timeUs = Number(wallTime() / 1000n);
    this.reports.add(traceReport(this.#agent, sighting, { trace, digest, timeUs, seen, sampleBits: sampler.bits }));
  }
}
