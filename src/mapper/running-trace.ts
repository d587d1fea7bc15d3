import type { StreamDocument } from '../admin/stream-documents.ts';
import type { TraceEndDocument, TraceHost, TraceMissing, TraceResult } from '../admin/trace-documents.ts';
import type { Clock } from '../base/clock.ts';
import { formatAddress } from '../base/ipv4.ts';
import type { Item } from '../control/messages.ts';
import type { TraceReport, TraceState } from '../control/trace-messages.ts';
import { TRACE_INSTALL_MS, TRACE_LEASE_MS, TRACE_RENEW_MS, TRACE_WARM_UP_MS } from './limits.ts';
import type { MapperState } from './mapper-state.ts';
import type { Session } from './session.ts';
import type { Sessions } from './sessions.ts';
import { traceDocument } from './trace-documents.ts';
import { type JoinedPacket, TraceJoin } from './trace-join.ts';
import type { TracePlan } from './trace-plan.ts';
import { TraceStanding } from './trace-standing.ts';

interface Told {
  readonly session: Session;
  readonly role: TraceHost['role'];
  readonly standing: TraceStanding;
}

export interface RunningTraceOptions {
  readonly id: number;
  readonly plan: TracePlan;
  readonly state: MapperState;
  readonly sessions: Sessions;
  readonly incarnation: string;
  readonly clock: Clock;
  send(document: StreamDocument): void;
  /** It is over by itself. */
  ended(): void;
}

/**
 * One trace.
 *
 *   receiver's host told ──► sender's host told ──► started ──► all packets numbered, ──► settled ──► over
 *         acknowledged, or TRACE_INSTALL_MS             │       or time over
 *                                                       └ every TRACE_RENEW_MS: told again, each host where the
 *                                                         port and the destination are by then
 *
 * Its time, as the operator's, begins with the first document: TRACE_WARM_UP_MS after it started, or with a packet. The receiver watches before the sender does, and until the last packet is settled, so that it sees all that the
 * sender tells of.
 */
export class RunningTrace {
  readonly #options: RunningTraceOptions;
  readonly #join: TraceJoin;
  readonly #timers = new Set<() => void>();
  readonly #results: { [R in TraceResult]: number } = { delivered: 0, dropped: 0, answered: 0, lost: 0, unknown: 0 };
  /** Hosts that were told, and with which part. */
  readonly #told = new Map<string, Told>();
  /** All hosts that the port was on when they were told. */
  readonly #senders = new Set<string>();
  /** The host that the port was on when it was last told. */
  #sender = '';
  #isAnnounced = false;
  #packets = 0;
  #seen = 0;
  #why: TraceEndDocument['why'] | undefined;
  #isOver = false;

  constructor(options: RunningTraceOptions) {
    this.#options = options;
    const { clock, plan } = options;
    this.#join = new TraceJoin({
      clock,
      count: plan.count,
      tellingOf: (host) => this.#tellingOf(host),
      whyMissing: (host, digest, sentAt) => this.#whyMissing(host, digest, sentAt),
      forgot: (host) => this.#told.get(host)?.standing.leaveOut(clock.now()),
      settled: (packet) => this.#settled(packet),
    });
  }

  begin(): void {
    this.#sender = this.#senderNow() ?? '';
    const receiver = this.#receiverNow();
    const tellSender = () => this.#install(this.#sender, 'sender', () => this.#started());
    if (receiver === undefined) tellSender();
    else this.#install(receiver, 'receiver', tellSender);
  }

  report({ host }: Session, report: TraceReport): void {
    const told = this.#told.get(host);
    if (told?.role === 'sender' && report.origin === this.#options.plan.port) this.#join.send(host, report);
    if (told?.role === 'receiver' && this.#senders.has(report.origin)) this.#join.receive(host, report);
    if (told?.role === 'sender') this.#seen = Math.max(this.#seen, report.seen);
    told?.standing.noteSampleBits(report.sampleBits, this.#options.clock.now());
    if (this.#join.isFull) this.#finish('count');
  }

  /** A state of another session than the one that was told says nothing of this one. */
  state(session: Session, state: TraceState): void {
    const told = this.#told.get(session.host);
    if (told?.session === session) told.standing.take(state, this.#options.clock.now());
  }

  /** Withdraws it. */
  stop(): void {
    this.#isOver = true;
    for (const cancel of this.#timers) cancel();
    this.#timers.clear();
    this.#join.stop();
    for (const host of this.#told.keys()) this.#withdraw(host);
  }

  hosts(): TraceHost[] {
    const receiver = this.#receiverNow();
    const sender: TraceHost = { host: this.#sender, role: 'sender', state: this.#stateOf(this.#sender) };
    if (receiver === undefined) return [sender];
    return [sender, { host: receiver, role: 'receiver', state: this.#stateOf(receiver) }];
  }

  #started(): void {
    // The sampler of an agent chooses few packets before it knows how many there are.
    this.#after(TRACE_WARM_UP_MS, () => this.#announce());
    this.#renewLater();
  }

  /** The first document, before any other. */
  #announce(): void {
    if (this.#isAnnounced) return;
    this.#isAnnounced = true;
    const { plan, send } = this.#options;
    const { flow, port, network, count, forMs } = plan;
    const { gni, source, destination, protocol, sourcePort, destinationPort } = flow;
    send({
      schema: 'netweft.trace-start/v1',
      port,
      gni,
      network,
      flow: {
        source: formatAddress(source),
        destination: formatAddress(destination),
        ...(protocol === undefined ? {} : { protocol }),
        ...(sourcePort === undefined ? {} : { sourcePort }),
        ...(destinationPort === undefined ? {} : { destinationPort }),
      },
      count,
      forMs,
      hosts: this.hosts(),
    });
    this.#after(forMs, () => this.#finish('time'));
  }

  /** Tells a host; `next` runs once, when it knows, or soon anyway. */
  #install(host: string, role: TraceHost['role'], next: () => void): void {
    let isDone = false;
    const done = () => {
      if (!isDone && !this.#isOver) next();
      isDone = true;
    };
    if (this.#tell(host, role, done)) this.#after(TRACE_INSTALL_MS, done);
    else done();
  }

  #tell(host: string, role: TraceHost['role'], acknowledged?: () => void): boolean {
    const session = this.#options.sessions.ofHost(host);
    if (session === undefined || !session.features.has('trace')) return false;
    const { id, plan } = this.#options;
    const port = role === 'sender' ? plan.port : undefined;
    if (role === 'sender') this.#senders.add(host);
    const told = this.#told.get(host);
    const isSame = told?.session === session && told.role === role;
    if (!isSame) this.#told.set(host, { session, role, standing: new TraceStanding() });
    const item: Item = { kind: 'trace', id, ...plan.flow, port, validMs: TRACE_LEASE_MS };
    session.push([item], acknowledged);
    return true;
  }

  #renewLater(): void {
    this.#after(TRACE_RENEW_MS, () => {
      this.#renew();
      this.#renewLater();
    });
  }

  /** The port or the destination may have moved, or an agent may have started anew. */
  #renew(): void {
    const sender = this.#senderNow();
    const receiver = this.#receiverNow();
    for (const host of this.#told.keys()) if (host !== sender && host !== receiver) this.#withdraw(host);
    if (sender !== undefined && this.#why === undefined) {
      this.#sender = sender;
      this.#tell(sender, 'sender');
    }
    if (receiver !== undefined) this.#tell(receiver, 'receiver');
  }

  #settled(packet: JoinedPacket): void {
    this.#announce();
    const document = traceDocument(packet, this.#options.incarnation);
    this.#packets++;
    this.#results[document.result]++;
    this.#options.send(document);
    this.#endWhenSettled();
  }

  #finish(why: TraceEndDocument['why']): void {
    this.#why ??= why;
    this.#withdraw(this.#sender);
    this.#endWhenSettled();
  }

  #endWhenSettled(): void {
    if (this.#isOver || this.#why === undefined || this.#join.waiting > 0) return;
    this.#options.send({
      schema: 'netweft.trace-end/v1',
      why: this.#why,
      packets: this.#packets,
      results: this.#results,
      seen: this.#seen,
      hosts: this.hosts(),
    });
    this.stop();
    this.#options.ended();
  }

  #withdraw(host: string): void {
    if (!this.#told.delete(host)) return;
    this.#options.sessions.ofHost(host)?.push([{ kind: 'trace-gone', id: this.#options.id }]);
  }

  #senderNow(): string | undefined {
    return this.#options.state.live.find(this.#options.plan.port)?.host;
  }

  #receiverNow(): string | undefined {
    const { gni, destination } = this.#options.plan.flow;
    const host = this.#options.state.mapping({ gni, address: destination })?.host;
    return host === this.#senderNow() ? undefined : host;
  }

  #tellingOf(host: string): TraceHost['state'] | 'not-asked' {
    const state = this.#stateOf(host);
    const told = this.#told.get(host);
    const isTold = told?.role === 'receiver' && told.session === this.#options.sessions.ofHost(host);
    return state === 'tracing' && !isTold ? 'not-asked' : state;
  }

  #whyMissing(host: string, digest: string, sentAt: number): TraceMissing['why'] {
    const telling = this.#tellingOf(host);
    if (telling !== 'tracing') return telling;
    return this.#told.get(host)?.standing.whyMissing(digest, sentAt) ?? 'not-asked';
  }

  #stateOf(host: string): TraceHost['state'] {
    const session = this.#options.sessions.ofHost(host);
    if (session === undefined) return 'silent';
    if (!session.features.has('trace')) return 'unsupported';
    const told = this.#told.get(host);
    return told?.session === session && told.standing.isRefused ? 'refused' : 'tracing';
  }

  #after(delayMs: number, run: () => void): void {
    const cancel = this.#options.clock.after(delayMs, () => {
      this.#timers.delete(cancel);
      run();
    });
    this.#timers.add(cancel);
  }
}
