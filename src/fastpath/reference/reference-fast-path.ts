import { type Endpoint, endpointNumber } from '../../base/ipv4.ts';
import type { StateKey } from '../../model/snapshot.ts';
import { decapsulatedTos, outerEcn, setTos } from '../../packet/ecn.ts';
import { PacketView } from '../../packet/packet-view.ts';
import type { Arrival } from '../../pipeline/arrival.ts';
import type { DropReason } from '../../pipeline/drop-reasons.ts';
import { readHeaderLength } from '../../wire/envelope.ts';
import type { FlowAction } from '../action.ts';
import { DependencySets } from '../dependency-sets.ts';
import {
  type BatchOutput,
  type FastPath,
  type FastPathStatus,
  type FlowInfo,
  HOLD_MS,
  IDLE_MS,
  type PortCounters,
  type Resolution,
  type StepOutput,
  type Upcall,
} from '../fast-path.ts';
import { FIRST_CONTEXT, hasFlow, KEY_WORDS, writeFlowKey } from '../flow-key.ts';
import type { GuestPacket, InPacket, OutPacket, UnderlayDatagram } from '../packets.ts';
import type { Sighting, Verdict, Watch } from '../watch.ts';
import { AcceptedHeaders } from './accepted-headers.ts';
import { Counters } from './counters.ts';
import { FlowCache, type FlowCacheOptions } from './flow-cache.ts';
import { Sightings } from './sightings.ts';
import { UpcallTable, type UpcallTerms, type WaitingUpcall } from './upcall-table.ts';

/** What the upcalls of all unknown senders together are charged to. */
const STRANGERS = -1;

/** The fast path in TypeScript: the twin that the native one is compared with, and usable by itself. */
export class ReferenceFastPath implements FastPath {
  readonly name = 'reference';
  readonly #cache: FlowCache;
  readonly #dependencies = new DependencySets();
  readonly #headers: AcceptedHeaders;
  readonly #upcalls = new UpcallTable();
  readonly #counters = new Counters();
  readonly #sightings = new Sightings();
  readonly #view = new PacketView();
  readonly #key = new Uint32Array(KEY_WORDS);
  #peers: ReadonlySet<number> = new Set();
  #packetsOut: OutPacket[] = [];
  #upcallsOut: Upcall[] = [];
  #hits = 0;
  #upcallCount = 0;

  constructor(options: FlowCacheOptions) {
    this.#headers = new AcceptedHeaders(options.seed, this.#dependencies, (ingress) =>
      this.#cache.table.removeIngress(ingress),
    );
    this.#cache = new FlowCache(options, this.#dependencies, (upcall) => this.#upcalls.detach(upcall));
  }

  step(batch: readonly InPacket[], first: number, now: number): BatchOutput {
    let next = first;
    while (next < batch.length && this.#upcallsOut.length === 0) {
      const packet = batch[next++];
      if (packet?.kind === 'underlay') this.#stepUnderlay(packet, now);
      else if (packet?.kind === 'guest') this.#stepGuest(packet, now);
    }
    return { ...this.#takeOutput(), next };
  }

  resolve(id: number, resolution: Resolution, now: number): StepOutput {
    const upcall = this.#upcalls.get(id);
    if (upcall !== undefined) {
      this.#upcalls.remove(upcall);
      this.#answer(upcall, resolution, now);
    }
    return this.#takeOutput();
  }

  upcall(id: number): Upcall | undefined {
    const waiting = this.#upcalls.get(id);
    const arrival = waiting?.packets[0];
    if (waiting === undefined || arrival === undefined) return undefined;
    return { id, arrival, needsContext: waiting.needsContext };
  }

  touch(keys: Iterable<StateKey>): void {
    if (!this.#dependencies.touch(keys)) return;
    this.#headers.removeStale();
  }

  isHeld(key: StateKey): boolean {
    return this.#dependencies.isHeld(key);
  }

  setPeers(endpoints: readonly Endpoint[]): void {
    this.#peers = new Set(endpoints.map(endpointNumber));
  }

  removePort(port: number): readonly Sighting[] {
    for (const upcall of this.#upcalls.ofOrigin(port)) this.#refuse(upcall, 'unknown-port');
    this.#cache.table.removeIngress(port);
    this.#counters.forgetPort(port);
    return this.#sightings.take();
  }

  expire(now: number): readonly Sighting[] {
    for (const upcall of this.#upcalls.olderThan(now - HOLD_MS)) this.#refuse(upcall, 'hold-timeout');
    if (this.#cache.table.size > 0) this.#cache.table.removeIdle(now - IDLE_MS);
    this.#headers.removeIdle(now - IDLE_MS);
    return this.#sightings.take();
  }

  setWatch(watch: Watch): void {
    this.#sightings.setWatch(watch);
  }

  flows(limit: number, now: number): FlowInfo[] {
    return this.#cache.list(limit, now, (ingress) => this.#headers.byIngress(ingress));
  }

  status(): FastPathStatus {
    return {
      flows: this.#cache.table.size,
      capacity: this.#cache.table.capacity,
      contexts: this.#headers.size,
      upcallsWaiting: this.#upcalls.size,
      hits: this.#hits,
      upcalls: this.#upcallCount,
      evictions: this.#cache.table.evictions,
    };
  }

  drops(): ReadonlyMap<DropReason, number> {
    return this.#counters.drops;
  }

  flowsOfPort(port: number): number {
    return this.#cache.table.flowsOf(port);
  }

  portCounters(port: number): PortCounters {
    return this.#counters.ofPort(port);
  }

  #takeOutput(): StepOutput {
    const output = { packets: this.#packetsOut, upcalls: this.#upcallsOut, seen: this.#sightings.take() };
    this.#packetsOut = [];
    this.#upcallsOut = [];
    return output;
  }

  #stepGuest(packet: GuestPacket, now: number): void {
    this.#counters.fromGuest(packet.port, packet.bytes.length);
    this.#arrive(packet, packet.port, now);
  }

  /** The header is compared, not decoded: it is known or it goes up. */
  #stepUnderlay(datagram: UnderlayDatagram, now: number): void {
    const headerLength = readHeaderLength(datagram.bytes);
    const { kind, source, tos, bytes } = datagram;
    const header = bytes.subarray(0, headerLength);
    const arrival = { kind, source, tos, header, bytes: bytes.subarray(header.length) };
    if (headerLength === undefined) return this.#drop('bad-header', arrival);
    this.#arriveUnderlay(arrival, now);
  }

  #arriveUnderlay(arrival: Extract<Arrival, { kind: 'underlay' }>, now: number): void {
    const ingress = this.#headers.use(arrival.source, arrival.header, now);
    if (ingress !== undefined) return this.#arrive(arrival, ingress, now);
    const sender = endpointNumber(arrival.source);
    const origin = this.#peers.has(sender) ? FIRST_CONTEXT + sender : STRANGERS;
    this.#raise({ origin, slot: -1, needsContext: true }, arrival, now);
  }

  /** `ingress` is what flows are keyed by, and what flows and upcalls are charged to. */
  #arrive(arrival: Arrival, ingress: number, now: number): void {
    const fault = this.#view.parse(arrival.bytes);
    if (fault !== undefined) return this.#drop(fault, arrival);
    if (!hasFlow(this.#view)) return this.#raiseFlow(ingress, -1, arrival, now);
    writeFlowKey(this.#key, ingress, this.#view);
    const slot = this.#cache.table.find(this.#key);
    if (slot < 0) return this.#raiseFlow(ingress, this.#cache.table.insert(this.#key, now), arrival, now);
    if (this.#cache.isPending(slot)) return this.#hold(slot, arrival);
    this.#useEntry(slot, arrival, ingress, now);
  }

  #useEntry(slot: number, arrival: Arrival, ingress: number, now: number): void {
    if (!this.#cache.isFresh(slot, now)) {
      this.#cache.suspend(slot);
      return this.#raiseFlow(ingress, slot, arrival, now);
    }
    if (!this.#passesGuards(slot, arrival)) return this.#raiseFlow(ingress, -1, arrival, now);
    this.#hits++;
    const action = this.#cache.use(slot, arrival.bytes.length, now);
    if (action !== undefined) this.#execute(action, arrival);
  }

  #passesGuards(slot: number, arrival: Arrival): boolean {
    if (!this.#cache.isWithin(slot, this.#view.totalLength)) return false;
    return arrival.kind === 'guest' || decapsulatedTos(this.#view.tos, arrival.tos) !== undefined;
  }

  /** `this.#view` holds the arrival's packet. */
  #execute(action: FlowAction, arrival: Arrival): void {
    switch (action.kind) {
      case 'drop':
        return this.#drop(action.reason, arrival);
      case 'deliver':
        return this.#toGuest(arrival, action, this.#withOuterEcn(arrival));
      case 'send': {
        const { destination, header } = action;
        const tos = outerEcn(this.#view.tos);
        return this.#putOut(arrival, action, { kind: 'underlay', destination, tos, header, bytes: arrival.bytes });
      }
    }
  }

  #toGuest(arrival: Arrival, verdict: Extract<Verdict, { kind: 'deliver' | 'reply' }>, bytes: Uint8Array): void {
    this.#counters.toGuest(verdict.port, bytes.length);
    this.#putOut(arrival, verdict, { kind: 'guest', port: verdict.port, bytes });
  }

  #putOut(arrival: Arrival, verdict: Verdict, output: OutPacket): void {
    this.#packetsOut.push(output);
    this.#sightings.note(arrival, verdict, output);
  }

  #drop(reason: DropReason, arrival: Arrival): void {
    this.#counters.drop(reason, arrival);
    if (this.#sightings.isOn) this.#sightings.note(arrival, { kind: 'drop', reason });
  }

  #withOuterEcn(arrival: Arrival): Uint8Array {
    if (arrival.kind === 'guest') return arrival.bytes;
    const tos = decapsulatedTos(this.#view.tos, arrival.tos) ?? this.#view.tos;
    if (tos === this.#view.tos) return arrival.bytes;
    const marked = arrival.bytes.slice();
    setTos(marked, tos);
    return marked;
  }

  /** `slot` is the flow's pending entry, or -1 for a packet that is decided alone. */
  #raiseFlow(origin: number, slot: number, arrival: Arrival, now: number): void {
    this.#raise({ origin, slot, needsContext: false }, arrival, now);
  }

  #raise(terms: UpcallTerms, arrival: Arrival, now: number): void {
    const { slot, needsContext } = terms;
    const upcall = this.#upcalls.add(terms, arrival, now);
    const packet = upcall?.packets[0];
    if (upcall === undefined || packet === undefined) {
      if (slot >= 0) this.#cache.table.remove(slot);
      return this.#drop('upcall-limit', arrival);
    }
    if (slot >= 0) this.#cache.setUpcall(slot, upcall.id);
    this.#upcallCount++;
    this.#upcallsOut.push({ id: upcall.id, arrival: packet, needsContext });
  }

  #hold(slot: number, arrival: Arrival): void {
    if (!this.#upcalls.hold(this.#cache.upcallOf(slot), arrival)) {
      this.#drop('pending-full', arrival);
    }
  }

  #answer(upcall: WaitingUpcall, resolution: Resolution, now: number): void {
    const [first, ...rest] = upcall.packets;
    if (first === undefined) return;
    if (resolution.kind === 'flow' && resolution.cache !== undefined && upcall.slot >= 0) {
      this.#cache.activate(upcall.slot, resolution.action, resolution.cache, now);
      return this.#arriveAgain(upcall.packets, now);
    }
    if (upcall.slot >= 0) this.#cache.table.remove(upcall.slot);
    if (resolution.kind === 'context') {
      if (first.kind === 'underlay') this.#headers.install(first, resolution.context, now);
      return this.#arriveAgain(upcall.packets, now);
    }
    if (resolution.kind === 'reply') this.#toGuest(first, { kind: 'reply', port: resolution.port }, resolution.packet);
    else this.#executeAlone(resolution.action, first);
    this.#arriveAgain(rest, now);
  }

  /** A packet that does not parse has only ever been dropped, which asks nothing of the view. */
  #executeAlone(action: FlowAction, arrival: Arrival): void {
    this.#view.parse(arrival.bytes);
    this.#execute(action, arrival);
  }

  #arriveAgain(packets: readonly Arrival[], now: number): void {
    for (const packet of packets) {
      if (packet.kind === 'guest') this.#arrive(packet, packet.port, now);
      else this.#arriveUnderlay(packet, now);
    }
  }

  #refuse(upcall: WaitingUpcall, reason: DropReason): void {
    this.#upcalls.remove(upcall);
    if (upcall.slot >= 0) this.#cache.table.remove(upcall.slot);
    for (const packet of upcall.packets) this.#drop(reason, packet);
  }
}
