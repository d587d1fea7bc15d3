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
import type { Answer, Item, MappingKey, Message, Refused, Registered, Report, Request } from '../control/messages.ts';
import type { TraceReport, TraceState } from '../control/trace-messages.ts';
import { PushReceiver } from '../control/push-receiver.ts';
import { openMessage, sealMessage } from '../control/sealed-message.ts';
import { type RequestObserver, TimedRequester } from '../control/timed-requester.ts';
import { MapperSilence } from './mapper-silence.ts';
import type { SessionIdentity } from './session-identity.ts';

/** Until a refused registration is tried again, ms. */
const REFUSED_RETRY_MS = 1000;

export type SessionState = 'registering' | 'syncing' | 'ready';

export interface MapperSessionOptions extends SessionIdentity {
  send(datagram: Uint8Array): void;
  readonly observeRequest?: RequestObserver | undefined;
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
  /** Of the mapping daemon. */
  readonly silence: MapperSilence;
  readonly #options: MapperSessionOptions;
  readonly #requester: TimedRequester;
  /** What to offer from the next registration on. */
  #frameworks: readonly string[];
  #state: SessionState = 'registering';
  #session = 0;
  #incarnation = '';
  #pushes = new PushReceiver();
  #named: Item[] = [];
  /** Why the last registration was refused: said once, however often it is tried. */
  #refusedFor: string | undefined;
  #timers = new Set<() => void>();
  #isStopped = false;

  constructor(options: MapperSessionOptions) {
    this.#options = options;
    this.#frameworks = options.frameworks;
    this.silence = new MapperSilence(options.clock, options.log);
    this.#requester = new TimedRequester({
      clock: options.clock,
      random: options.random,
      observe: options.observeRequest,
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
  get requests(): TimedRequester['counters'] {
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
    return this.silence.lastHeard;
  }

  get isSilent(): boolean {
    return this.silence.isSilent;
  }

  start(): void {
    this.silence.begin();
    this.#register();
  }

  stop(): void {
    this.#isStopped = true;
    this.#requester.stop();
    for (const cancel of this.#timers) cancel();
  }

  receive(datagram: Uint8Array): void {
    this.counters.datagramsIn++;
    const { layer, mapper } = this.#options;
    const message = openMessage(layer, datagram, mapper);
    if (message === undefined) this.counters.badDatagrams++;
    if (message === undefined || this.#isStopped) return;
    const isOfSession = message.session === this.#session;
    if (!isOfSession) {
      this.counters.otherSession++;
      return;
    }
    // While there is no session, only an answer to what was asked tells the daemon from who speaks in its name.
    if (this.#session !== 0) this.silence.heard();
    if (message.body.kind === 'push') this.#takePush(message);
    else if (this.#requester.receive(message)) this.silence.heard();
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

  traceReport(report: TraceReport | TraceState, done: (isAcknowledged: boolean) => void): boolean {
    return this.#askWhenReady(report, (answer) => done(answer.kind === `${report.kind}-ack`));
  }

  #askWhenReady(request: Request, done: (answer: Answer) => void): boolean {
    if (this.#state !== 'ready' || this.#session === 0 || this.#isStopped) return false;
    return this.#ask(request, done);
  }

  /** Asks in this session; a session that ends meanwhile answers as a refusal. */
  #ask(request: Request, done: (answer: Answer) => void): boolean {
    const session = this.#session;
    return this.#requester.ask(request, (answer) => {
      if (answer?.kind === 'refused' && answer.code === 'unknown-session') this.#lose(session);
      done(answer ?? { kind: 'refused', code: 'unknown-session', reason: 'the session ended' });
    });
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
    this.silence.heartbeatMs = registered.heartbeatMs;
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
    this.#after(this.silence.heartbeatMs, () => {
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

  /** Who hears that its request was cancelled may ask the next at once, which has to find no session. */
  #beginAnew(): void {
    this.#state = 'registering';
    this.#session = 0;
    this.#requester.cancelAll();
    this.#register();
  }

  #transmit(message: Message): void {
    const { layer, mapper } = this.#options;
    this.#options.send(sealMessage(layer, message, mapper));
  }

  #after(delayMs: number, run: () => void): void {
    const cancel = this.#options.clock.after(delayMs, () => {
      this.#timers.delete(cancel);
      if (!this.#isStopped) run();
    });
    this.#timers.add(cancel);
  }
}
