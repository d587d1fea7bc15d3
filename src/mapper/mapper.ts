import type { Clock } from '../base/clock.ts';
import { DecodeError, type UserError } from '../base/errors.ts';
import type { Endpoint } from '../base/ipv4.ts';
import type { Logger } from '../base/log.ts';
import type { Random } from '../base/random.ts';
import { decodeMessage, encodeMessage } from '../control/codec.ts';
import type { Answer, Body, Message, Push, RefusalCode, Register, Report } from '../control/messages.ts';
import type { SessionLayer } from '../control/session-layer.ts';
import type { CloudRecord, Kind } from '../model/records.ts';
import type { Change, Store } from '../store/store.ts';
import { Agreements } from './agreements.ts';
import { type ApplyResult, CloudEditor } from './cloud-editor.ts';
import type { StoredRecord } from './cloud-view.ts';
import { HEARTBEAT_MS, SWEEP_MS } from './limits.ts';
import { Lookups } from './lookups.ts';
import { type MapperStatus, mapperStatus, portState } from './mapper-status.ts';
import { MapperState } from './mapper-state.ts';
import { ownItems, tellOwnItems } from './own-items.ts';
import { takeReport } from './reports.ts';
import type { Session } from './session.ts';
import { Sessions } from './sessions.ts';
import { StoreFollower } from './store-follower.ts';
import { Subscriptions } from './subscriptions.ts';
import { syncPage } from './sync.ts';

export interface MapperOptions {
  readonly store: Store;
  readonly clock: Clock;
  readonly random: Random;
  readonly layer: SessionLayer;
  send(to: Endpoint, datagram: Uint8Array): void;
  readonly log: Logger;
}

/** A record as it is, with what the cloud last heard of it, see `RecordEntry`. */
export interface ShownRecord {
  readonly record: StoredRecord;
  readonly state: string | undefined;
}

/**
 * The mapping daemon without its sockets: datagrams and changes of records in, datagrams out. What it
 * knows is in its store; what it remembers of agents, they tell it again after a restart.
 */
export class Mapper {
  readonly counters = { datagrams: 0, undecodable: 0, unexpected: 0, unknownSession: 0, refused: 0, failed: 0 };
  readonly state = new MapperState();
  readonly #options: MapperOptions;
  readonly #follower: StoreFollower;
  readonly #editor: CloudEditor;
  readonly #sessions: Sessions;
  readonly #subscriptions: Subscriptions;
  readonly #agreements: Agreements;
  readonly #lookups: Lookups;
  readonly #startedAt: number;
  #cancelSweep = () => {};
  #isStarted = false;

  constructor(options: MapperOptions) {
    const { store, clock, random, log } = options;
    this.#options = options;
    this.#startedAt = clock.now();
    this.#follower = new StoreFollower({
      store,
      onChanges: (changes, revision) => this.#changed(changes, revision),
      onFailure: throwLater,
    });
    this.#editor = new CloudEditor(store, this.state, this.#follower);
    this.#sessions = new Sessions({
      clock,
      random,
      log,
      send: (session, id, body) => this.#send(session.endpoint, { id, session: sessionField(session, body), body }),
      ended: (session) => this.#lookups.drop(session),
    });
    this.#subscriptions = new Subscriptions(clock);
    const { state } = this;
    const sessions = this.#sessions;
    this.#agreements = new Agreements({ store, state, follower: this.#follower, sessions, clock, log });
    this.#lookups = new Lookups({
      state,
      agreements: this.#agreements,
      sessions,
      subscriptions: this.#subscriptions,
      clock,
    });
  }

  /** Resolves when everything in the store is known; datagrams that come earlier are not taken. */
  async start(): Promise<void> {
    await this.#follower.start();
    await this.#editor.recover();
    this.#isStarted = true;
    this.#agreements.start();
    this.#sweepLater();
  }

  /** Ends all sessions and timers. The store stays open: it is the caller's. */
  stop(): void {
    this.#isStarted = false;
    this.#cancelSweep();
    this.#follower.stop();
    this.#sessions.stop();
    this.#agreements.stop();
  }

  apply(records: readonly CloudRecord[]): Promise<ApplyResult> {
    return this.#editor.apply(records);
  }

  delete(kind: Kind, name: string): Promise<number> {
    return this.#editor.delete(kind, name);
  }

  /** All records of a kind by name, or the one of that name. Throws UserError `not-found`. */
  get(kind: Kind, name?: string): ShownRecord[] {
    const { cloud } = this.state;
    const named = name === undefined ? undefined : cloud.find(kind, name);
    if (name !== undefined && named === undefined) throw this.#editor.notFound(kind, name) satisfies UserError;
    const records = named === undefined ? cloud.ofKind(kind) : [named];
    return records
      .toSorted((a, b) => (a.spec.name < b.spec.name ? -1 : 1))
      .map((record) => ({ record, state: this.#stateOf(kind, record.spec.name) }));
  }

  status(): MapperStatus {
    const { clock, store } = this.#options;
    const { state } = this;
    const sessions = this.#sessions;
    const counters = {
      ...this.counters,
      ...this.#lookups.counters,
      ...prefixed('agreements', this.#agreements.counters),
      ...prefixed('sessions', sessions.counters),
      ...prefixed('store', store.counters()),
    };
    const { incarnation } = store;
    const uptimeMs = clock.now() - this.#startedAt;
    return mapperStatus({
      state,
      sessions,
      subscriptions: this.#subscriptions,
      clock,
      incarnation,
      uptimeMs,
      counters,
    });
  }

  /** Takes a datagram of an agent, or of anyone else: what is not a valid message is counted, never answered. */
  receive(from: Endpoint, datagram: Uint8Array): void {
    this.counters.datagrams++;
    if (!this.#isStarted) return;
    const message = this.#open(from, datagram);
    if (message === undefined) this.counters.undecodable++;
    else this.#dispatch(from, message);
  }

  #open(from: Endpoint, datagram: Uint8Array): Message | undefined {
    const payload = this.#options.layer.open(datagram, from);
    if (payload === undefined) return undefined;
    try {
      return decodeMessage(payload);
    } catch (error) {
      if (error instanceof DecodeError) return undefined;
      throw error;
    }
  }

  #dispatch(from: Endpoint, message: Message): void {
    const { body, id } = message;
    switch (body.kind) {
      case 'register':
        this.#register(from, id, body);
        break;
      case 'push-ack': {
        const session = this.#sessions.byId(message.session);
        session?.heard();
        session?.acknowledge(body);
        break;
      }
      case 'heartbeat':
      case 'sync':
      case 'lookup':
      case 'report':
        this.#request(from, message);
        break;
      default:
        this.counters.unexpected++;
    }
  }

  #register(from: Endpoint, id: number, body: Register): void {
    if (this.state.cloud.find('host', body.host) === undefined) {
      const reason = `there is no host ${body.host} in this cloud; apply a record of it, or correct the agent's --host`;
      this.#refuse(from, { id, session: 0 }, 'unknown-host', reason);
      return;
    }
    const registration = this.#sessions.register(body, id, from);
    if (registration.state === 'ignored') return;
    if (registration.state === 'refused') {
      this.#refuse(from, { id, session: 0 }, registration.code, registration.reason);
      return;
    }
    const { session, state } = registration;
    session.endpoint = from;
    const { incarnation } = this.#options.store;
    session.answer(id, { kind: 'registered', session: session.id, incarnation, heartbeatMs: HEARTBEAT_MS });
    if (state === 'new') this.#welcome(session);
  }

  /** What the agent does not ask for: it will read its ports and subnets as they are from now on. */
  #welcome(session: Session): void {
    for (const [id, item] of ownItems(this.state.cloud, session.host)) session.told.set(id, item);
    this.#agreements.reconcileHost(session.host);
    this.#lookups.hostRegistered();
  }

  #request(from: Endpoint, message: Message): void {
    const session = this.#sessions.byId(message.session);
    if (session === undefined) {
      this.counters.unknownSession++;
      this.#refuse(from, message, 'unknown-session', 'the mapping daemon does not know this session; register again');
      return;
    }
    session.heard();
    const begun = session.responder.begin(message.id);
    if (begun.state === 'answered') session.answer(message.id, begun.answer);
    if (begun.state !== 'new') return;
    // An agent whose address changed goes on from its new one.
    session.endpoint = from;
    this.#execute(session, message);
  }

  #execute(session: Session, { id, body }: Message): void {
    switch (body.kind) {
      case 'heartbeat':
        session.answer(id, { kind: 'heartbeat-ack' });
        break;
      case 'sync':
        session.answer(id, syncPage(this.state, session.host, body.cursor));
        break;
      case 'lookup':
        this.#lookups.ask(session, id, body.keys);
        break;
      case 'report':
        void this.#report(session, id, body);
        break;
    }
  }

  async #report(session: Session, id: number, report: Report): Promise<void> {
    try {
      const isTaken = await takeReport(this.#options.store, this.state, this.#follower, session, id, report);
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
    this.#send(to, { id, session, body: { kind: 'refused', code, reason } });
  }

  #send(to: Endpoint, message: Message): void {
    const { layer, send } = this.#options;
    send(to, layer.seal(encodeMessage(message), to));
  }

  /** The one place where what happened in the store reaches agents. */
  #changed(changes: readonly Change[], revision: number): void {
    const touch = this.state.apply(changes, revision);
    if (!this.#isStarted) return;
    for (const host of touch.hostRecords) this.#tellPeers(host);
    for (const host of touch.hosts) {
      const session = this.#sessions.ofHost(host);
      if (session !== undefined) tellOwnItems(this.state, session);
    }
    for (const { before, after } of touch.agreements) this.#agreements.changed(before, after);
    const senders = new Set(touch.agreements.flatMap(({ before, after }) => after?.sender ?? before?.sender ?? []));
    for (const sender of senders) this.#lookups.agreementsChanged(sender);
    if (touch.keys.size > 0) this.#lookups.changed(touch.keys);
  }

  #tellPeers(host: string): void {
    const { state } = this;
    const agreements = state.agreements.ofHost(host);
    const peers = new Set(agreements.map(({ sender, receiver }) => (sender === host ? receiver : sender)));
    const [item = { kind: 'host-gone', name: host, revision: state.revision } as const] = state.hostItem(host);
    for (const peer of peers) this.#sessions.ofHost(peer)?.push([item]);
    if (item.kind === 'host') return;
    this.#sessions.forgetHost(host);
    this.#agreements.reconcileHost(host);
  }

  #stateOf(kind: Kind, name: string): string | undefined {
    if (kind === 'port') return portState(this.state, this.#sessions, name);
    if (kind !== 'host') return undefined;
    if (this.#sessions.ofHost(name) !== undefined) return 'up';
    return this.#sessions.lastOf(name) === undefined ? 'absent' : 'silent';
  }

  #sweepLater(): void {
    this.#cancelSweep = this.#options.clock.after(SWEEP_MS, () => {
      this.#subscriptions.sweep();
      this.#sweepLater();
    });
  }
}

function sessionField(session: Session, body: Answer | Push): number {
  return (body.kind satisfies Body['kind']) === 'registered' ? 0 : session.id;
}

function prefixed(prefix: string, counters: object): { [name: string]: number } {
  const entries = Object.entries(counters) as [string, number][];
  return Object.fromEntries(entries.map(([name, value]) => [`${prefix}.${name}`, value]));
}

/** Without its store the daemon has nothing to say: this ends the process. */
function throwLater(error: unknown): void {
  queueMicrotask(() => {
    throw error;
  });
}
