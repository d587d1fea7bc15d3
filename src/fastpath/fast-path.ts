/**
 * The fast path: a pure batch step, packets in, packets and upcalls out, without I/O. It repeats
 * decisions and never makes one: what it does not know it holds and hands up, and `resolve` answers.
 * One conformance suite drives every implementation.
 */
import type { Endpoint } from '../base/ipv4.ts';
import type { StateKey } from '../model/snapshot.ts';
import type { Arrival } from '../pipeline/arrival.ts';
import type { DropReason } from '../pipeline/drop-reasons.ts';
import type { FlowAction } from './action.ts';
import type { InPacket, OutPacket } from './packets.ts';
import type { Sighting, Watch } from './watch.ts';

/** Packets that wait behind one undecided flow, the first included. */
export const MAX_HELD_PACKETS = 4;
/** Undecided flows and single packets of one port, one accepted header, or one sender of other headers. */
export const MAX_UPCALLS_PER_ORIGIN = 256;
/** The same of all together. */
export const MAX_UPCALLS = 8192;
/** How long an upcall may stay unanswered, ms. */
export const HOLD_MS = 3000;
/** A flow entry unused for this long goes, ms. */
export const IDLE_MS = 30_000;

/** A packet that wants a decision. Its bytes are the fast path's own copy, valid until it is resolved. */
export interface Upcall {
  readonly id: number;
  readonly arrival: Arrival;
  /** True for a datagram whose header is not accepted yet: its context is answered first. */
  readonly needsContext: boolean;
}

export interface StepOutput {
  readonly packets: readonly OutPacket[];
  readonly upcalls: readonly Upcall[];
  /** What became of watched packets, in the order in which it did. */
  readonly seen: readonly Sighting[];
}

export interface BatchOutput extends StepOutput {
  /** Where in the batch to go on: a step ends with the first packet that goes up, to be decided before the next. */
  readonly next: number;
}

/** A decision that may be repeated, with its guards. */
export interface CacheTerms {
  /** Bytes of the longest packet. */
  readonly maxLength: number;
  /** Time of the fast path's clock, ms; Infinity where it does not end by itself. */
  readonly validUntil: number;
  readonly reads: readonly StateKey[];
}

/** The header of an upcall's datagram was accepted; its flow is decided next. */
export interface AcceptedContext {
  readonly peer: string;
  readonly agreement: number;
  readonly framework: string;
  readonly reads: readonly StateKey[];
}

/** What the slow path answers to an upcall. */
export type Resolution =
  | { readonly kind: 'flow'; readonly action: FlowAction; readonly cache: CacheTerms | undefined }
  | { readonly kind: 'context'; readonly context: AcceptedContext }
  /** Decided for this packet alone: the guest that sent it gets another back. */
  | { readonly kind: 'reply'; readonly port: number; readonly packet: Uint8Array };

/** One flow, for people. */
export interface FlowInfo {
  /** Port index, or undefined for a flow from the underlay. */
  readonly port: number | undefined;
  /** The host that the flow comes from, for a flow from the underlay. */
  readonly peer: string | undefined;
  readonly agreement: number | undefined;
  readonly framework: string | undefined;
  readonly source: number;
  readonly destination: number;
  readonly protocol: number;
  readonly sourcePort: number;
  readonly destinationPort: number;
  /** Undefined while it waits for its decision. */
  readonly action: FlowAction | undefined;
  readonly packets: number;
  readonly bytes: number;
  readonly idleMs: number;
}

export interface FastPathStatus {
  readonly flows: number;
  readonly capacity: number;
  readonly contexts: number;
  readonly upcallsWaiting: number;
  /** Counters since start. */
  readonly hits: number;
  readonly upcalls: number;
  readonly evictions: number;
}

/** Of one port, since it was first seen. */
export interface PortCounters {
  readonly packetsIn: number;
  readonly bytesIn: number;
  readonly packetsOut: number;
  readonly bytesOut: number;
  /** Of the packets that came in. */
  readonly dropped: number;
}

export interface FastPath {
  readonly name: string;
  /** Handles a batch in order, from `first` on. Input bytes are borrowed; output may alias them, until the next call. */
  step(batch: readonly InPacket[], first: number, now: number): BatchOutput;
  /** Answers an upcall; what waited behind it goes on. An upcall that is gone is ignored. */
  resolve(id: number, resolution: Resolution, now: number): StepOutput;
  /** An unanswered upcall, to decide it again; undefined once it is gone. */
  upcall(id: number): Upcall | undefined;
  /** State changed: what depends on it is decided again. */
  touch(keys: Iterable<StateKey>): void;
  /** Reports whether a cached decision depends on the key. */
  isHeld(key: StateKey): boolean;
  /** The known senders: their upcalls are charged to each, those of all others to one bucket. */
  setPeers(endpoints: readonly Endpoint[]): void;
  /** Forgets a port: its flows and what waits from it. Returns the watched packets among these. */
  removePort(port: number): readonly Sighting[];
  /** Drops what waited too long and forgets what is idle. Returns the watched packets among these. */
  expire(now: number): readonly Sighting[];
  /** From now on these packets are seen, and no others. */
  setWatch(watch: Watch): void;
  /** At most `limit` flows, the most recently used first. */
  flows(limit: number, now: number): FlowInfo[];
  flowsOfPort(port: number): number;
  portCounters(port: number): PortCounters;
  status(): FastPathStatus;
  /** Packets dropped, by reason, since start. */
  drops(): ReadonlyMap<DropReason, number>;
}
