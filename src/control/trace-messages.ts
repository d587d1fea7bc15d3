/** What the mapping daemon and the agents say to each other about traces, as plain values. */

/** How long an agent may watch for a trace without hearing of it again, milliseconds. */
export const MAX_TRACE_VALID_MS = 60_000;
/** How long a report can be said to have waited at most, milliseconds: a longer wait is said as this one. */
export const MAX_TRACE_UNTOLD_MS = 60_000;
/** Stages of one report. */
export const MAX_TRACE_STAGES = 12;
/** Characters of the names and details of all stages of one report, so that it fits a message; see `fit-stages.ts`. */
export const MAX_TRACE_TEXT = 640;
/** Characters of the name of the record that decided, and of what deciding again gives. */
export const MAX_RECORD_NAME = 80;
export const MAX_AGAIN_LENGTH = 32;
/** A hash of 64 bits ends in so many zeros at most; see `sampling.ts`. */
export const MAX_SAMPLE_BITS = 64;

/**
 * Packets of one flow that the receiving host shall report. It is no part of the cloud's records and has no
 * revision: the agent forgets it after `validMs`, unless it is told again.
 */
export interface TraceItem {
  readonly kind: 'trace';
  readonly id: number;
  /** Packets of this tenant alone are reported. */
  readonly gni: number;
  /** The port whose packets are reported; undefined for a host that reports what comes from other hosts. */
  readonly port: string | undefined;
  readonly source: number;
  readonly destination: number;
  /** Undefined matches any. */
  readonly protocol: number | undefined;
  readonly sourcePort: number | undefined;
  readonly destinationPort: number | undefined;
  readonly validMs: number;
}

export interface TraceGoneItem {
  readonly kind: 'trace-gone';
  readonly id: number;
}

/** In the order of their numbers in the format, from 1. `pass` is said of stages only. */
export const TRACE_VERDICTS = ['pass', 'deliver', 'send', 'reply', 'hold', 'drop'] as const;
export type TraceVerdict = (typeof TRACE_VERDICTS)[number];

export interface TraceStage {
  readonly name: string;
  readonly verdict: TraceVerdict;
  readonly detail: string;
}

/** What became of one packet of a traced flow on the host that reports. */
export interface TraceReport {
  readonly kind: 'trace-report';
  readonly trace: number;
  /** See `packet/packet-digest.ts`: 16 hexadecimal digits, the same on every host that the packet passes. */
  readonly digest: string;
  /** By the host's wall clock when its fate was known, microseconds since 1970. */
  readonly timeUs: number;
  /** Packets of the flow that the host saw since it began, this one included. */
  readonly seen: number;
  /** Of these the host reports the ones whose digest ends in so many zero bits. */
  readonly sampleBits: number;
  /** The port that sent it; the host that it came from, or its endpoint where none is known. */
  readonly origin: string;
  readonly verdict: TraceVerdict;
  /** A port or a host where it went; empty where it did not. */
  readonly to: string;
  /** Of a drop, from the agent's closed list; empty for any other verdict. */
  readonly reason: string;
  /** The record that decided and its revision; empty and 0 where they are not known. */
  readonly record: string;
  readonly recordRevision: number;
  /** What the agent decides about the packet now, where that is not what was done; else empty. */
  readonly again: string;
  /** Of deciding again. */
  readonly stages: readonly TraceStage[];
}

/**
 * How a host that was told of a trace keeps up with it: said again and again while it watches, each time after the
 * state before is acknowledged, and whenever it is told of a trace that it refuses. So the daemon knows of what it
 * was not told whether the host would have told it.
 */
export interface TraceState {
  readonly kind: 'trace-state';
  readonly trace: number;
  /** It does not watch, because too many others are traced; then all else is 0. */
  readonly isRefused: boolean;
  /** How long the oldest report that is not acknowledged has waited, milliseconds; 0 where there is none. */
  readonly untoldMs: number;
  /** Packets that were to be reported and will not be, since the trace began. */
  readonly leftOut: number;
  /** The highest `sampleBits` since the state before. */
  readonly sampleBits: number;
}

export interface TraceStateAck {
  readonly kind: 'trace-state-ack';
}

export interface TraceReportAck {
  readonly kind: 'trace-report-ack';
}
