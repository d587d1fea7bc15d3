/** The documents of a trace: POST /v1/traces of the mapping daemon takes a request and streams the rest. */
import type { ExplainStage, Outcome } from './documents.ts';
import type { PacketFlow, PacketRecord } from './stream-documents.ts';

/** The next packets of one flow; an absent field matches any. */
export interface TraceRequest {
  /** The port that sends. */
  readonly port: string;
  /** A guest address of the port's network. */
  readonly to: string;
  /** The port's first address where it is absent. */
  readonly from?: string;
  /** The IP protocol's number. */
  readonly protocol?: number;
  readonly sourcePort?: number;
  readonly destinationPort?: number;
  /** Ends after so many packets, or so many milliseconds. */
  readonly count: number;
  readonly forMs: number;
}

/** A host that is asked for what it sees of the flow. */
export interface TraceHost {
  readonly host: string;
  readonly role: 'sender' | 'receiver';
  /**
   * `silent`: its agent does not answer; `unsupported`: its agent is of a version that does not trace; `refused`: too many
   * other flows are traced there.
   */
  readonly state: 'tracing' | 'silent' | 'unsupported' | 'refused';
}

/** The first document: from now on packets are seen. */
export interface TraceStartDocument {
  readonly schema: 'netweft.trace-start/v1';
  readonly port: string;
  readonly gni: number;
  readonly network: string;
  readonly flow: Omit<PacketFlow, 'protocol'> & { readonly protocol?: number };
  readonly count: number;
  readonly forMs: number;
  /** No receiver where no host has the destination, or the sender has it. */
  readonly hosts: readonly TraceHost[];
}

/**
 * What became of a packet: `lost` where the host that it was sent to did not see it, `unknown` where that host does
 * not tell.
 */
export type TraceResult = 'delivered' | 'dropped' | 'answered' | 'lost' | 'unknown';

/** One packet of the flow, once all hosts have told of it, or will not. */
export interface TraceDocument {
  readonly schema: 'netweft.trace/v1';
  /** Counts from 1 in the order in which the sender's host told of them. */
  readonly packet: number;
  readonly description: string;
  readonly result: TraceResult;
  /** That of the sender's host first. */
  readonly sightings: readonly TraceSighting[];
  /** The host that it was sent to, where that one did not tell of it. */
  readonly missing?: TraceMissing;
}

export interface TraceSighting {
  readonly host: string;
  /** When its fate was known, by the host's own clock: RFC 3339, UTC, microseconds. */
  readonly time: string;
  /** Packets of the flow that the host saw until then, this one included. */
  readonly seen: number;
  readonly verdict: Outcome;
  /** A port's name, or a host's name, where it went. */
  readonly to?: string;
  readonly reason?: string;
  readonly meaning?: string;
  readonly record?: PacketRecord;
  /** What the host decided about the packet when it told of it, where that is not what was done. */
  readonly again?: string;
  /** Of deciding again. */
  readonly stages: readonly ExplainStage[];
}

/**
 * `unseen`: it told of all that it saw, and not of this one. `left-out`: it does not tell of every packet, because there are
 * too many. `untold`: it did not say within 2 s that it told of all that it saw. `not-asked`: it is
 * not asked to, or not yet: the packet went elsewhere than to the destination's host, or its agent has just started.
 */
export interface TraceMissing {
  readonly host: string;
  readonly why: 'unseen' | 'left-out' | 'untold' | 'not-asked' | Exclude<TraceHost['state'], 'tracing'>;
}

/** The last document. */
export interface TraceEndDocument {
  readonly schema: 'netweft.trace-end/v1';
  readonly why: 'count' | 'time';
  readonly packets: number;
  readonly results: { readonly [R in TraceResult]: number };
  /** Packets of the flow that the sender's host saw up to the last one that it told of. */
  readonly seen: number;
  readonly hosts: readonly TraceHost[];
}
