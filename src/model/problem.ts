import type { CloudRecord, Kind } from './records.ts';

/** One rule that a record breaks. */
export interface Problem {
  /** The record's position in the list that was checked. */
  readonly index: number;
  readonly kind: Kind;
  readonly name: string;
  /** What is wrong and why. */
  readonly message: string;
  /** What to do about it; found out only for problems that are told, since it may take a search. */
  readonly hint: () => string;
  /** Keys and list positions from the record down to what is wrong. */
  readonly path: readonly string[];
  /** The record refers to one that the list does not have. */
  readonly isDangling: boolean;
}

/** A record with its position in the list that is checked. */
export interface Placed<R extends CloudRecord = CloudRecord> {
  readonly index: number;
  readonly record: R;
}

export function problemOf({ index, record }: Placed, path: readonly string[], message: string, hint: string): Problem {
  return { index, kind: record.kind, name: record.spec.name, message, hint: () => hint, path, isDangling: false };
}

/** `port a30: what is wrong; what to do`. */
export function formatProblem({ kind, name, message, hint }: Problem): string {
  return `${kind} ${name}: ${message}; ${hint()}`;
}
