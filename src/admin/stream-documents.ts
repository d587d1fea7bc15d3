/** The documents of the admin sockets' streams: one a line, until either side ends it. */
import type { Outcome } from './documents.ts';
import type { TraceDocument, TraceEndDocument, TraceStartDocument } from './trace-documents.ts';
import type { EventDocument } from './event-documents.ts';

/** Every ten seconds, so that a silent stream is known to be alive. */
export interface AliveDocument {
  readonly schema: 'netweft.alive/v1';
}

/** The reader was too slow: so many documents that would stand here were left out. */
export interface LostDocument {
  readonly schema: 'netweft.lost/v1';
  readonly lost: number;
  /** Of a stream of packets: how many of them were seen at which port; those without one, between hosts. */
  readonly places?: readonly LostPlace[];
}

export interface LostPlace {
  readonly at?: string;
  readonly lost: number;
}

/** What became of one packet, and why. */
export interface PacketFate {
  /** When its fate was known: RFC 3339, UTC, nanoseconds. */
  readonly time: string;
  /** The port that sent it, or the host (an endpoint where none is known) that it came from. */
  readonly port?: string;
  readonly peer?: string;
  /** Absent where the packet does not parse. */
  readonly flow?: PacketFlow;
  readonly verdict: Outcome;
  /** A port's name, or a host's name, where it went. */
  readonly to?: string;
  /** Of a drop: which, from the closed list, and what it means. */
  readonly reason?: string;
  readonly meaning?: string;
  /** As far as they are known: of a datagram, what its header says. */
  readonly sourceGni?: number;
  readonly destinationGni?: number;
  readonly agreement?: number;
  readonly framework?: string;
  /** The record that decided. */
  readonly record?: PacketRecord;
}

export interface PacketFlow {
  readonly source: string;
  readonly destination: string;
  /** The IP protocol's number. */
  readonly protocol: number;
  /** Absent for protocols without ports. */
  readonly sourcePort?: number;
  readonly destinationPort?: number;
}

export interface PacketRecord {
  /** Its kind and name, such as `mapping 1001/10.1.2.50`. */
  readonly name: string;
  /** `INCARNATION:REVISION` of the store. */
  readonly generation?: string;
}

/** GET /v1/follow/drops?rate=N&port=NAME: at most N a second, of one port or of all. */
export interface DropDocument extends PacketFate {
  readonly schema: 'netweft.drop/v1';
}

/** Of the same stream: what the rate left out in the last second. */
export interface SuppressedDocument {
  readonly schema: 'netweft.suppressed/v1';
  readonly time: string;
  readonly reasons: readonly { readonly reason: string; readonly packets: number }[];
}

/** GET /v1/follow/packets?port=NAME&underlay=true&snap=N: each packet on each side on which it is watched. */
export interface PacketDocument extends PacketFate {
  readonly schema: 'netweft.packet/v1';
  /** Where it was seen: at a guest's port, or between hosts. */
  readonly side: 'guest' | 'underlay';
  /** As the host sees it: `in` from a guest or another host, `out` to one. */
  readonly direction: 'in' | 'out';
  /** The port at which it was seen, on the guest side. */
  readonly at?: string;
  /** The other host's endpoint, on the underlay side. */
  readonly endpoint?: string;
  /** Base64: the IP packet on the guest side, the UDP payload on the underlay side. */
  readonly bytes: string;
  /** Bytes of the whole, where `bytes` was cut. */
  readonly length: number;
}

export type StreamDocument =
  | AliveDocument
  | LostDocument
  | DropDocument
  | SuppressedDocument
  | PacketDocument
  | TraceStartDocument
  | TraceDocument
  | TraceEndDocument
  | EventDocument;
