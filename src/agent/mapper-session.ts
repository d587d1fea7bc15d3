/**
 * The agent's side of the control protocol: who it is, what it must know, and that it is alive.
 *
 *               registered            last sync page
 *  registering ───────────► syncing ────────────────► ready
 *       ▲                      │                        │
 *       └───── refused: unknown-session ────────────────┘
 *
 * The data plane does not depend on it: while the daemon is silent the state stays and everything
 * known goes on being used.
 */
import type { Clock } from '../base/clock.ts';
import { DecodeError } from '../base/errors.ts';
import type { Endpoint } from '../base/ipv4.ts';
import type { Logger } from '../base/log.ts';
import type { Random } from '../base/random.ts';
import { decodeMessage, encodeMessage } from '../control/codec.ts';
import type { Answer, Item, MappingKey, Message, Refused, Registered, Report, Request } from '../control/messages.ts';
import type { TraceReport } from '../control/trace-messages.ts';
import { PushReceiver } from '../control/push-receiver.ts';
import { Requester } from '../control/requester.ts';
import type { SessionLayer } from '../control/session-layer.ts';

/** Heartbeats that may go unanswered before the daemon counts as silent. */
const SILENT_AFTER_HEARTBEATS = 3;
/** Until a refused registration is tried again, ms. */
const REFUSED_RETRY_MS = 1000;
/** Until the first answer tells it, ms. */
const DEFAULT_HEARTBEAT_MS = 1000;

export type SessionState = 'registering' | 'syncing' | 'ready';

export type RequestObserver = (seconds: number, kind: Request['kind']) => void;

/** Who the agent is, and what it speaks with. */
export interface SessionIdentity {
  /** The name of this host in the cloud's records. */
  readonly host: string;
  /** Random per start, 16 hexadecimal digits. */
  readonly boot: string;
  readonly version: string;
  /** Framework versions to offer first, best first. */
  readonly frameworks: readonly string[];
  readonly mapper: Endpoint;
  readonly clock: Clock;
  readonly random: Random;
  readonly layer: SessionLayer;
  readonly log: Logger;
}

export interface MapperSessionOptions extends SessionIdentity {
  send(datagram: Uint8Array): void;
  /** Is told how long each request took until it was answered. */
  observeRequest?: RequestObserver | undefined;
  /** Items in the order in which they take effect. */
  onItems(items: readonly Item[]): void;
  /** A new session of another incarnation of the store: revisions count anew. */
  onNewIncarnation(): void;
  /** Every item of a complete sync, and those pushed meanwhile, was handed over; what they did not name is gone. */
  onSynced(named: readonly Item[]): void;
}

export class MapperSession {
  readonly counters = {
    datagramsIn: 0,
    badDatagrams: 0,
    /** Of an address that is not the daemon's. */
    strangers: 0,
    otherSession: 0,
    registrations: 0,
    refusals: 0,
  };
  readonly #options: MapperSessionOptions;
  readonly #requester: Requester;
  /** What to offer from the next registration on. */
  #frameworks: readonly string[];
  #state: SessionState = 'registering';
  #session = 0;
  #incarnation = '';
  #heartbeatMs = DEFAULT_HEARTBEAT_MS;
  #pushes = new PushReceiver();
  #named: Item[] = [];
  /** Why the last registration was refused: said once, however often it is tried. */
  #refusedFor: string | undefined;
  #lastHeard: number | undefined;
  #startedAt = 0;
  /** The daemon was found silent, and the log says so. */
  #isToldSilent = false;
  #timers = new Set<() => void>();
  #cancelTick: (() => void) | undefined;
  #isStopped = false;

  constructor(options: MapperSessionOptions) {
    this.#options = options;
    this.#frameworks = options.frameworks;
    this.#requester = new Requester({
      random: options.random,
      send: (id, body) => this.#transmit({ id, session: body.kind === 'register' ? 0 : this.#session, body }),
    });
  }

  get frameworks(): readonly string[] {
    return this.#frameworks;
  }

  get state(): SessionState {
    return this.#state;
  }

  /** What the requests of this life came to. */
  get requests(): Readonly<Requester['counters']> {
    return this.#requester.counters;
  }

  get session(): number {
    return this.#session;
  }

  get incarnation(): string {
    return this.#incarnation;
  }

  get refusedFor(): string | undefined {
    return this.#refusedFor;
  }

  /** When the daemon last said anything; undefined before it did. */
  get lastHeard(): number | undefined {
    return this.#lastHeard;
  }

  get isSilent(): boolean {
    const since = this.#lastHeard === undefined ? Infinity : this.#options.clock.now() - this.#lastHeard;
    return since > SILENT_AFTER_HEARTBEATS * this.#heartbeatMs;
  }

  start(): void {
    this.#startedAt = this.#options.clock.now();
    this.#register();
  }

  /** To be called now and then: says once that the daemon is silent. */
  noticeSilence(): void {
    const silentMs = this.#silentMs();
    if (this.#isToldSilent || silentMs <= SILENT_AFTER_HEARTBEATS * this.#heartbeatMs) return;
    this.#isToldSilent = true;
    this.#options.log.warn('mapper-silent', { silentMs });
  }

  stop(): void {
    this.#isStopped = true;
    this.#requester.cancelAll();
    this.#cancelTick?.();
    for (const cancel of this.#timers) cancel();
  }

  receive(datagram: Uint8Array): void {
    this.counters.datagramsIn++;
    const message = this.#open(datagram);
    if (message === undefined || this.#isStopped) return;
    const isOfSession = message.session === this.#session;
    if (!isOfSession) {
      this.counters.otherSession++;
      return;
    }
    // While there is no session, only an answer to what was asked tells the daemon from who speaks in its name.
    if (this.#session !== 0) this.#heard();
    if (message.body.kind === 'push') this.#takePush(message);
    else if (this.#requester.receive(message)) this.#heard();
    this.#arm();
  }

  /**
   * Offers other framework versions: registers anew, upon which the mapping daemon selects again for
   * every pair. What is agreed goes on being used until something else is.
   */
  offer(frameworks: readonly string[]): void {
    if (frameworks.join() === this.#frameworks.join()) return;
    this.#frameworks = frameworks;
    if (this.#session !== 0 && !this.#isStopped) this.#beginAnew();
  }

  lookup(keys: readonly MappingKey[], done: (items: readonly Item[] | undefined) => void): boolean {
    return this.#askWhenReady({ kind: 'lookup', keys }, (answer) =>
      done(answer.kind === 'lookup-answer' ? answer.items : undefined),
    );
  }

  report(report: Report, done: (isAcknowledged: boolean) => void): boolean {
    return this.#askWhenReady(report, (answer) => done(answer.kind === 'report-ack'));
  }

  /** `done` tells that it is over: taken, or the session ended. */
  traceReport(report: TraceReport, done: () => void): boolean {
    return this.#askWhenReady(report, () => done());
  }

  /** Since the daemon was heard last, or since the start. */
  #silentMs(): number {
    return Math.round(this.#options.clock.now() - (this.#lastHeard ?? this.#startedAt));
  }

  #heard(): void {
    if (this.#isToldSilent) this.#options.log.info('mapper-back', { silentMs: this.#silentMs() });
    this.#isToldSilent = false;
    this.#lastHeard = this.#options.clock.now();
  }

  #askWhenReady(request: Request, done: (answer: Answer) => void): boolean {
    if (this.#state !== 'ready' || this.#isStopped) return false;
    return this.#ask(request, done);
  }

  /** Asks in this session; a session that ends meanwhile answers as a refusal. */
  #ask(request: Request, done: (answer: Answer) => void, timeoutMs?: number): boolean {
    const { clock, observeRequest } = this.#options;
    const session = this.#session;
    const askedAt = clock.now();
    const isAsked = this.#requester.ask(
      request,
      askedAt,
      (answer) => {
        if (answer !== undefined) observeRequest?.((clock.now() - askedAt) / 1000, request.kind);
        if (answer?.kind === 'refused' && answer.code === 'unknown-session') this.#lose(session);
        done(answer ?? { kind: 'refused', code: 'unknown-session', reason: 'the session ended' });
      },
      timeoutMs,
    );
    this.#arm();
    return isAsked;
  }

  #register(): void {
    const { host, boot, version } = this.#options;
    const frameworks = this.#frameworks;
    this.#state = 'registering';
    this.#session = 0;
    this.#ask({ kind: 'register', host, boot, agentVersion: version, frameworks }, (answer) => {
      if (this.#isStopped) return;
      // Other ones are offered since.
      if (answer.kind === 'registered' && frameworks !== this.#frameworks) this.#register();
      else if (answer.kind === 'registered') this.#begin(answer);
      else if (answer.kind === 'refused') this.#refused(answer);
    });
  }

  #refused(refusal: Refused): void {
    this.counters.refusals++;
    if (refusal.reason !== this.#refusedFor) {
      this.#options.log.warn('registration-refused', { code: refusal.code, reason: refusal.reason });
    }
    this.#refusedFor = refusal.reason;
    this.#after(REFUSED_RETRY_MS, () => this.#register());
  }

  #begin(registered: Registered): void {
    this.counters.registrations++;
    this.#refusedFor = undefined;
    this.#session = registered.session;
    this.#heartbeatMs = registered.heartbeatMs;
    this.#pushes = new PushReceiver();
    this.#named = [];
    this.#options.log.info('registered', { session: this.#session, incarnation: registered.incarnation });
    this.#takeIncarnation(registered.incarnation);
    this.#state = 'syncing';
    this.#beatLater(this.#session);
    this.#sync(this.#session, '');
  }

  #takeIncarnation(incarnation: string): void {
    const before = this.#incarnation;
    this.#incarnation = incarnation;
    if (before === '' || before === incarnation) return;
    this.#options.log.warn('new-incarnation', { incarnation, before });
    this.#options.onNewIncarnation();
  }

  #sync(session: number, cursor: string): void {
    this.#ask({ kind: 'sync', cursor }, (answer) => {
      if (this.#session !== session) return;
      if (answer.kind !== 'sync-page') {
        this.#after(REFUSED_RETRY_MS, () => this.#session === session && this.#sync(session, cursor));
        return;
      }
      this.#take(answer.items);
      if (answer.next !== '') this.#sync(session, answer.next);
      else this.#becomeReady();
    });
  }

  #becomeReady(): void {
    const named = this.#named;
    this.#named = [];
    this.#state = 'ready';
    this.#options.onSynced(named);
    this.#options.log.info('resync', { items: named.length });
  }

  #take(items: readonly Item[]): void {
    if (this.#state === 'syncing') this.#named.push(...items);
    this.#options.onItems(items);
  }

  #takePush(message: Message): void {
    if (message.body.kind !== 'push' || this.#session === 0 || message.session !== this.#session) return;
    const { items, acknowledge } = this.#pushes.receive(message.body);
    if (items.length > 0) this.#take(items);
    this.#transmit({ id: 0, session: this.#session, body: { kind: 'push-ack', sequence: acknowledge } });
  }

  #beatLater(session: number): void {
    this.#after(this.#heartbeatMs, () => {
      if (this.#session === session) this.#beat(session);
    });
  }

  #beat(session: number): void {
    const isAsked = this.#ask({ kind: 'heartbeat' }, () => this.#session === session && this.#beatLater(session));
    if (!isAsked) this.#beatLater(session);
  }

  /** The daemon does not know the session: begin anew, unless that has happened already. */
  #lose(session: number): void {
    if (session === 0 || session !== this.#session || this.#isStopped) return;
    this.#options.log.warn('session-lost', { session });
    this.#beginAnew();
  }

  #beginAnew(): void {
    this.#session = 0;
    this.#requester.cancelAll();
    this.#register();
  }

  #open(datagram: Uint8Array): Message | undefined {
    const { layer, mapper } = this.#options;
    try {
      const payload = layer.open(datagram, mapper);
      if (payload !== undefined) return decodeMessage(payload);
    } catch (error) {
      if (!(error instanceof DecodeError)) throw error;
    }
    this.counters.badDatagrams++;
    return undefined;
  }

  #transmit(message: Message): void {
    const { layer, mapper } = this.#options;
    this.#options.send(layer.seal(encodeMessage(message), mapper));
  }

  #after(delayMs: number, run: () => void): void {
    const cancel = this.#options.clock.after(delayMs, () => {
      this.#timers.delete(cancel);
      if (!this.#isStopped) run();
    });
    this.#timers.add(cancel);
  }

  /** One timer for the requester, at its next deadline. */
  #arm(): void {
    this.#cancelTick?.();
    this.#cancelTick = undefined;
    const deadline = this.#requester.nextDeadline();
    if (deadline === undefined || this.#isStopped) return;
    const { clock } = this.#options;
    this.#cancelTick = clock.after(Math.max(0, deadline - clock.now()), () => {
      this.#requester.tick(clock.now());
      this.#arm();
    });
  }
}
