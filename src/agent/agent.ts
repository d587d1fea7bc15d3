import { wallNanoseconds } from '../base/wall-time.ts';
import { versionWithFeatures } from '../control/features.ts';
import type { Item } from '../control/messages.ts';
import type { RequestObserver } from '../control/timed-requester.ts';
import type { FastPath } from '../fastpath/fast-path.ts';
import type { StateKey } from '../model/snapshot.ts';
import type { Arrival } from '../pipeline/arrival.ts';
import { decide, type TraceStep } from '../pipeline/decide.ts';
import type { Decision } from '../pipeline/outcome.ts';
import { Alarms } from './alarms.ts';
import { HostState } from './host-state.ts';
import type { IoEvents, PacketIo } from './io/packet-io.ts';
import { Lookups } from './lookups.ts';
import { MapperSession } from './mapper-session.ts';
import { PortSet } from './port-set.ts';
import { Reports } from './reports.ts';
import { Traces } from './observe/traces.ts';
import { Watchers } from './observe/watchers.ts';
import type { SessionIdentity } from './session-identity.ts';
import { SlowPath, type SlowPathRates } from './slow-path.ts';

/** How often what expires is looked at, ms. */
const SWEEP_MS = 1000;

export interface AgentOptions extends SessionIdentity {
  readonly fastPath: FastPath;
  sendControl(datagram: Uint8Array): void;
  openIo(events: IoEvents): Promise<PacketIo>;
  /** Is told how long each request to the mapping daemon took. */
  readonly observeRequest?: RequestObserver | undefined;
  /** Wall clock that traced packets are stamped with, ns since 1970; this machine's unless given. */
  readonly wallTime?: () => bigint;
  /** The agent cannot go on. */
  onFault(error: Error): void;
}

/** What an operator may change while the agent runs. */
export interface AgentSettings {
  /** Framework versions to offer, best first. */
  readonly frameworks: readonly string[];
  readonly rates: SlowPathRates;
}

/**
 * One host's agent without its shell: everything it does with time, randomness and the outside comes
 * through its options, so that it runs the same in a process of its own and in a simulation.
 */
export class Agent {
  readonly state: HostState;
  readonly session: MapperSession;
  readonly ports: PortSet;
  readonly slowPath: SlowPath;
  readonly lookups: Lookups;
  readonly watchers: Watchers;
  readonly traces: Traces;
  /** Is told of a port before what was counted of it is forgotten. */
  onPortLeaving: (index: number) => void = () => {};
  readonly #options: AgentOptions;
  readonly #reports: Reports;
  readonly #alarms: Alarms;
  #wasSynced = false;
  #io: PacketIo | undefined;
  #cancelSweep: () => void = () => {};
  #isStopped = false;

  constructor(options: AgentOptions) {
    this.#options = options;
    const { clock, log, fastPath } = options;
    this.state = new HostState(options.host, (keys) => this.#touched(keys), log);
    this.#alarms = new Alarms({ clock, log, peerAt: (endpoint) => this.state.peerByEndpoint(endpoint)?.name });
    this.watchers = new Watchers((watch) => fastPath.setWatch(watch));
    this.traces = new Traces(this, {
      clock,
      log,
      wallTime: options.wallTime ?? wallNanoseconds,
      ask: (report, done) => this.session.traceReport(report, done),
    });
    this.slowPath = new SlowPath({
      clock,
      fastPath,
      snapshot: this.state,
      send: (packets) => this.#io?.send(packets),
      see: (seen) => this.watchers.see(seen),
      want: (key) => this.lookups.want(key),
      // Until it was told once who is there, an agent takes everybody for a stranger.
      refused: (arrival, reason) => this.#wasSynced && this.#alarms.notice(arrival, reason),
    });
    this.session = new MapperSession({
      ...options,
      version: versionWithFeatures(options.version),
      send: (datagram) => options.sendControl(datagram),
      onItems: (items) => this.#apply(items),
      onNewIncarnation: () => this.#forgetRevisions(),
      onSynced: (named) => this.#synced(named),
    });
    this.lookups = new Lookups({
      clock,
      ask: (keys, done) => this.session.lookup(keys, done),
      apply: (items) => this.#apply(items),
      isWanted: (key) => this.slowPath.isWanted(key),
    });
    this.#reports = new Reports((report, done) => this.session.report(report, done));
    this.ports = new PortSet({
      clock,
      log,
      openDevice: (index, device) => this.#requireIo().openPort(index, device),
      closeDevice: (index) => this.#io?.closePort(index),
      attach: (port) => this.state.setPort(port, clock.now()),
      detach: (index) => this.#detach(index),
      report: (name, revision, state) => this.#reports.set(name, revision, state),
    });
  }

  get options(): AgentOptions {
    return this.#options;
  }

  get io(): PacketIo | undefined {
    return this.#io;
  }

  async start(): Promise<void> {
    this.#io = await this.#options.openIo({
      onPackets: (batch) => this.slowPath.handleBatch(batch),
      onPortLost: (port, cause) => this.ports.lost(port, cause),
      onFault: (error) => this.#options.onFault(error),
    });
    this.session.start();
    this.#sweepLater();
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#cancelSweep();
    this.lookups.stop();
    this.traces.stop();
    this.session.stop();
    this.ports.closeAll();
    await this.#io?.close();
    this.#alarms.stop();
  }

  reconfigure({ frameworks, rates }: AgentSettings): void {
    this.slowPath.setRates(rates);
    this.session.offer(frameworks);
  }

  receiveControl(datagram: Uint8Array): void {
    this.session.receive(datagram);
  }

  /** What would happen to a packet now, stage by stage. Nothing is sent, counted or remembered. */
  explain(arrival: Arrival): { decision: Decision; trace: readonly TraceStep[] } {
    const trace: TraceStep[] = [];
    return { decision: decide(this.state, arrival, trace), trace };
  }

  #touched(keys: readonly StateKey[]): void {
    this.#options.fastPath.touch(keys);
  }

  /** Hosts and agreements stand before the mappings that need them. */
  #apply(items: readonly Item[]): void {
    const now = this.#options.clock.now();
    for (const item of items) {
      if (item.kind === 'port') this.ports.set(item);
      else if (item.kind === 'port-gone') this.ports.depart(item.name, item.revision);
      else if (item.kind === 'trace') this.traces.set(item);
      else if (item.kind === 'trace-gone') this.traces.end(item.id);
      else this.state.apply(item, now);
    }
    if (items.some(({ kind }) => kind === 'host' || kind === 'host-gone')) this.#setPeers();
    for (const item of items) if (item.kind === 'mapping') this.slowPath.mappingArrived(item.key);
  }

  #setPeers(): void {
    this.#options.fastPath.setPeers(this.state.peers.endpoints());
  }

  #forgetRevisions(): void {
    this.state.forgetRevisions();
    this.ports.forgetRevisions();
  }

  /** What a complete sync did not name is gone; what was asked for before is asked again. */
  #synced(named: readonly Item[]): void {
    this.#wasSynced = true;
    this.ports.keepOnly(namesOf(named, 'port'));
    this.state.keepOnly({
      subnet: namesOf(named, 'subnet'),
      host: namesOf(named, 'host'),
      agreement: new Set(named.flatMap((item) => (item.kind === 'agreement' ? [item.id] : []))),
    });
    this.#setPeers();
    this.ports.reportAll();
    this.state.mappings.makeDue(this.#options.clock.now());
    this.#refreshMappings();
    this.lookups.flush();
    this.#reports.flush();
  }

  /**
   * Asks for what is due and in use, each time again until it is answered. While the daemon is silent
   * nothing goes: what was learned is used on.
   */
  #refreshMappings(): void {
    const { fastPath, clock } = this.#options;
    const isUsed = (key: StateKey) => this.session.isSilent || fastPath.isHeld(key);
    for (const key of this.state.mappings.takeDue(clock.now(), isUsed)) this.lookups.want(key);
  }

  #detach(index: number): void {
    this.onPortLeaving(index);
    this.state.removePort(index, this.#options.clock.now());
    this.watchers.see(this.#options.fastPath.removePort(index));
  }

  #sweepLater(): void {
    this.#cancelSweep = this.#options.clock.after(SWEEP_MS, () => {
      this.#sweep();
      if (!this.#isStopped) this.#sweepLater();
    });
  }

  #sweep(): void {
    const { fastPath, clock } = this.#options;
    this.watchers.see(fastPath.expire(clock.now()));
    this.slowPath.prune();
    this.session.silence.notice();
    this.#refreshMappings();
    this.#reports.flush();
    this.lookups.flush();
    this.traces.sweep();
  }

  #requireIo(): PacketIo {
    if (this.#io === undefined) throw new Error('packet input and output is not open yet');
    return this.#io;
  }
}

function namesOf(items: readonly Item[], kind: 'port' | 'subnet' | 'host'): Set<string> {
  return new Set(items.flatMap((item) => (item.kind === kind ? [item.name] : [])));
}
