import type { Endpoint } from '../base/ipv4.ts';
import type { Logger } from '../base/log.ts';
import type { Message, RefusalCode, Register, Report, Request } from '../control/messages.ts';
import { openMessage } from '../control/sealed-message.ts';
import type { SessionLayer } from '../control/session-layer.ts';
import type { Store } from '../store/store.ts';
import type { Agreements } from './agreements.ts';
import type { MapperLimits } from './limits.ts';
import type { Lookups } from './lookups.ts';
import type { MapperState } from './mapper-state.ts';
import { ownItems } from './own-items.ts';
import { takeReport } from './reports.ts';
import type { Session } from './session.ts';
import type { Sessions } from './sessions.ts';
import type { StoreFollower } from './store-follower.ts';
import { syncPage } from './sync.ts';
import type { Traces } from './traces.ts';

export interface AgentServiceOptions {
  readonly store: Store;
  readonly state: MapperState;
  readonly follower: StoreFollower;
  readonly sessions: Sessions;
  readonly agreements: Agreements;
  readonly lookups: Lookups;
  readonly traces: Traces;
  readonly layer: SessionLayer;
  readonly log: Logger;
  limits(): MapperLimits;
  send(to: Endpoint, message: Message): void;
}

/** Everything that agents ask for: each request is executed once, and answered as often as it comes. */
export class AgentService {
  readonly counters = { datagrams: 0, undecodable: 0, unexpected: 0, unknownSession: 0, refused: 0, failed: 0 };
  /** Requests by kind, each once however often it arrived. */
  readonly requests: Record<Request['kind'], number> = {
    register: 0,
    heartbeat: 0,
    sync: 0,
    lookup: 0,
    report: 0,
    'trace-report': 0,
    'trace-state': 0,
  };
  readonly #options: AgentServiceOptions;

  constructor(options: AgentServiceOptions) {
    this.#options = options;
  }

  receive(from: Endpoint, datagram: Uint8Array): void {
    this.counters.datagrams++;
    const message = openMessage(this.#options.layer, datagram, from);
    if (message === undefined) this.counters.undecodable++;
    else this.#dispatch(from, message);
  }

  #dispatch(from: Endpoint, message: Message): void {
    const { body, id } = message;
    switch (body.kind) {
      case 'register':
        this.#register(from, id, body);
        break;
      case 'push-ack': {
        const session = this.#options.sessions.byId(message.session);
        session?.heard();
        session?.acknowledge(body);
        break;
      }
      case 'heartbeat':
      case 'sync':
      case 'lookup':
      case 'report':
      case 'trace-report':
      case 'trace-state':
        this.#request(from, message);
        break;
      default:
        this.counters.unexpected++;
    }
  }

  #register(from: Endpoint, id: number, body: Register): void {
    if (this.#options.state.cloud.find('host', body.host) === undefined) {
      const reason = `there is no host ${body.host} in this cloud; apply a record of it, or correct the agent's --host`;
      this.#refuse(from, { id, session: 0 }, 'unknown-host', reason);
      return;
    }
    const registration = this.#options.sessions.register(body, id, from);
    if (registration.state === 'ignored') return;
    if (registration.state !== 'repeated') this.requests.register++;
    if (registration.state === 'refused') {
      this.#refuse(from, { id, session: 0 }, registration.code, registration.reason);
      return;
    }
    const { session, state } = registration;
    session.endpoint = from;
    const { incarnation } = this.#options.store;
    const { heartbeatMs } = this.#options.limits();
    session.answer(id, { kind: 'registered', session: session.id, incarnation, heartbeatMs });
    if (state === 'new') this.#welcome(session);
  }

  /** What the agent does not ask for: it will read its ports and subnets as they are from now on. */
  #welcome(session: Session): void {
    for (const [id, item] of ownItems(this.#options.state.cloud, session.host)) session.told.set(id, item);
    this.#options.agreements.reconcileHost(session.host);
    this.#options.lookups.hostRegistered();
  }

  #request(from: Endpoint, message: Message): void {
    const session = this.#options.sessions.byId(message.session);
    if (session === undefined) {
      this.counters.unknownSession++;
      this.#refuse(from, message, 'unknown-session', 'the mapping daemon does not know this session; register again');
      return;
    }
    const begun = session.responder.begin(message.id);
    if (begun.state === 'outside') {
      this.#refuse(
        from,
        message,
        'unknown-session',
        'the request is not of the session as it is known; register again',
      );
      return;
    }
    session.heard();
    if (begun.state === 'answered') session.answer(message.id, begun.answer);
    if (begun.state !== 'new') return;
    // An agent whose address changed goes on from its new one.
    session.endpoint = from;
    this.#execute(session, message);
  }

  #execute(session: Session, { id, body }: Message): void {
    switch (body.kind) {
      case 'heartbeat':
        this.requests.heartbeat++;
        session.answer(id, { kind: 'heartbeat-ack' });
        break;
      case 'sync':
        this.requests.sync++;
        session.answer(id, syncPage(this.#options.state, session, body.cursor));
        break;
      case 'lookup':
        this.requests.lookup++;
        this.#options.lookups.ask(session, id, body.keys);
        break;
      case 'report':
        this.requests.report++;
        void this.#report(session, id, body);
        break;
      case 'trace-report':
        this.requests['trace-report']++;
        this.#options.traces.report(session, body);
        session.answer(id, { kind: 'trace-report-ack' });
        break;
      case 'trace-state':
        this.requests['trace-state']++;
        this.#options.traces.state(session, body);
        session.answer(id, { kind: 'trace-state-ack' });
        break;
    }
  }

  async #report(session: Session, id: number, report: Report): Promise<void> {
    try {
      const isTaken = await takeReport(this.#options, session, id, report);
      if (isTaken) session.answer(id, { kind: 'report-ack' });
      else session.answer(id, { kind: 'refused', code: 'busy', reason: 'the ports kept changing; report again' });
    } catch (error) {
      this.counters.failed++;
      this.#options.log.error('report-not-written', { host: session.host, error });
      session.answer(id, { kind: 'refused', code: 'busy', reason: 'the store did not take the report; report again' });
    }
  }

  #refuse(to: Endpoint, { id, session }: Pick<Message, 'id' | 'session'>, code: RefusalCode, reason: string): void {
    this.counters.refused++;
    this.#options.send(to, { id, session, body: { kind: 'refused', code, reason } });
  }
}
