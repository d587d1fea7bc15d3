import type { HostStatus } from '../admin/documents.ts';
import type { StreamDocument } from '../admin/stream-documents.ts';
import type { TraceRequest } from '../admin/trace-documents.ts';
import type { Clock } from '../base/clock.ts';
import type { Endpoint } from '../base/ipv4.ts';
import type { Logger } from '../base/log.ts';
import type { Random } from '../base/random.ts';
import type { Message } from '../control/messages.ts';
import { sealMessage } from '../control/sealed-message.ts';
import type { SessionLayer } from '../control/session-layer.ts';
import type { CloudRecord, Kind } from '../model/records.ts';
import type { Change, Store } from '../store/store.ts';
import { AgentService } from './agent-service.ts';
import { Agreements } from './agreements.ts';
import { type ApplyResult, CloudEditor } from './cloud-editor.ts';
import type { StoredRecord } from './cloud-view.ts';
import { Convergence } from './convergence.ts';
import { type MapperLimits, SWEEP_MS, USUAL_LIMITS } from './limits.ts';
import { JournalRunner } from './journal-runner.ts';
import { logChanges } from './log-changes.ts';
import { Lookups } from './lookups.ts';
import { MapperState, type StateTouch } from './mapper-state.ts';
import { type MapperStatus, mapperStatus, portState } from './mapper-status.ts';
import { tellOwnItems } from './own-items.ts';
import type { Session } from './session.ts';
import { Sessions } from './sessions.ts';
import { StoreFollower } from './store-follower.ts';
import { Subscriptions } from './subscriptions.ts';
import { Traces } from './traces.ts';

export interface MapperOptions {
  readonly store: Store;
  readonly clock: Clock;
  readonly random: Random;
  readonly layer: SessionLayer;
  send(to: Endpoint, datagram: Uint8Array): void;
  readonly log: Logger;
  /** The usual ones where nothing is said. */
  readonly limits?: MapperLimits;
  readonly observe?: MapperObservers | undefined;
}

/** Take durations in seconds. */
export interface MapperObservers {
  /** From the first sending of a push to its acknowledgement. */
  push(seconds: number): void;
  /** From a change to the acknowledgement of the last agent that was told of it. */
  converged(seconds: number): void;
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
  readonly state = new MapperState();
  readonly #options: MapperOptions;
  readonly #follower: StoreFollower;
  readonly #journal: JournalRunner;
  readonly #editor: CloudEditor;
  readonly #sessions: Sessions;
  readonly #subscriptions: Subscriptions;
  readonly #agreements: Agreements;
  readonly #lookups: Lookups;
  readonly #traces: Traces;
  readonly #service: AgentService;
  readonly #convergence: Convergence;
  readonly #startedAt: number;
  #limits: MapperLimits;
  #cancelSweep = () => {};
  #isStarted = false;

  constructor(options: MapperOptions) {
    const { store, clock, random, layer, log, observe } = options;
    const { state } = this;
    this.#limits = options.limits ?? USUAL_LIMITS;
    const limits = () => this.#limits;
    const send = (to: Endpoint, message: Message) => options.send(to, sealMessage(layer, message, to));
    const ended = (session: Session) => this.#lookups.drop(session);
    const onChanges = (changes: readonly Change[], revision: number) => this.#changed(changes, revision);
    const follower = new StoreFollower({ store, onChanges, onFailure: throwLater });
    const convergence = new Convergence({ clock, observe: observe?.converged });
    const pushes = { pushed: () => convergence.pushed(), observe: observe?.push };
    const sessions = new Sessions({ clock, random, log, limits, send, ended, pushes });
    const subscriptions = new Subscriptions(clock);
    const agreements = new Agreements({ store, state, follower, sessions, clock, log });
    const lookups = new Lookups({ state, agreements, sessions, subscriptions, clock });
    const incarnation = () => store.incarnation;
    const traces = new Traces({ state, sessions, clock, random, log, incarnation });
    this.#options = options;
    this.#startedAt = clock.now();
    this.#follower = follower;
    this.#journal = new JournalRunner({ store, follower, clock, log });
    this.#editor = new CloudEditor(store, state, follower, this.#journal, limits);
    this.#convergence = convergence;
    this.#sessions = sessions;
    this.#subscriptions = subscriptions;
    this.#agreements = agreements;
    this.#lookups = lookups;
    this.#traces = traces;
    this.#service = new AgentService({
      store,
      state,
      follower,
      sessions,
      agreements,
      lookups,
      traces,
      layer,
      log,
      limits,
      send,
    });
  }

  /** Takes effect with the next change of records and the next registration. */
  setLimits(limits: MapperLimits): void {
    this.#limits = limits;
  }

  /** For those who count and measure. */
  get parts() {
    return {
      sessions: this.#sessions,
      subscriptions: this.#subscriptions,
      agreements: this.#agreements,
      lookups: this.#lookups,
      service: this.#service,
      journal: this.#journal,
      convergence: this.#convergence,
      store: this.#options.store,
    };
  }

  /** Resolves when everything in the store is known; datagrams that come earlier are not taken. */
  async start(): Promise<void> {
    await this.#follower.start();
    await this.#journal.run();
    this.#isStarted = true;
    this.#agreements.start();
    this.#sweepLater();
  }

  /** Ends all sessions and timers. The store stays open: it is the caller's. */
  stop(): void {
    this.#isStarted = false;
    this.#cancelSweep();
    this.#follower.stop();
    this.#journal.stop();
    this.#traces.stop();
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
    if (name !== undefined && named === undefined) throw this.#editor.notFound(kind, name);
    const records = named === undefined ? cloud.ofKind(kind) : [named];
    return records
      .toSorted((a, b) => (a.spec.name < b.spec.name ? -1 : 1))
      .map((record) => ({ record, state: this.#stateOf(kind, record.spec.name) }));
  }

  /** Begins a trace, see `Traces.begin`. Throws UserError, `not-found` for an unknown port too. */
  trace(request: TraceRequest, send: (document: StreamDocument) => void, end: () => void): () => void {
    const port = this.state.cloud.port(request.port);
    if (port === undefined) throw this.#editor.notFound('port', request.port);
    return this.#traces.begin(port, request, send, end);
  }

  status(): MapperStatus {
    const { clock, store } = this.#options;
    const { state } = this;
    const sessions = this.#sessions;
    const counters = {
      ...this.#service.counters,
      ...this.#lookups.counters,
      ...this.#traces.counters,
      ...prefixed('journal', this.#journal.counters),
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
    if (this.#isStarted) this.#service.receive(from, datagram);
  }

  /** The one place where what happened in the store reaches agents. */
  #changed(changes: readonly Change[], revision: number): void {
    const touch = this.state.apply(changes, revision);
    if (!this.#isStarted) return;
    logChanges(this.#options.log, touch, revision);
    this.#convergence.change(() => this.#tell(touch));
  }

  #tell(touch: StateTouch): void {
    this.#forgetSyncs(touch);
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

  /** A sync that is under way goes on with what is so now. */
  #forgetSyncs({ hosts, hostRecords, agreements }: StateTouch): void {
    const ends = agreements.flatMap(({ before, after }) => after ?? before ?? []);
    const touched = [...hosts, ...ends.flatMap(({ sender, receiver }) => [sender, receiver])];
    // A host's record is known to its peers.
    const sessions =
      hostRecords.size > 0 ? this.#sessions.all() : touched.flatMap((host) => this.#sessions.ofHost(host) ?? []);
    for (const session of sessions) session.syncItems = undefined;
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
    return kind === 'host' ? this.hostState(name) : undefined;
  }

  /** Of a host that has a record. */
  hostState(name: string): HostStatus['state'] {
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
