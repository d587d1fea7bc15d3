import type { PacketFate } from '../../admin/stream-documents.ts';

/** How long a datagram waits for the agent to tell what became of it, and the reverse, ms. */
export const JOIN_WAIT_MS = 1000;
/** Datagrams, and fates, that wait. */
export const MAX_WAITING = 8192;

interface Waiting<Frame> {
  readonly key: string;
  readonly frame: Frame;
  readonly deadline: number;
  fate: PacketFate | undefined;
}

/**
 * Joins datagrams that were captured on the wire with what the agent tells of them, which comes on another way, before
 * or after. Datagrams leave in the order in which they were captured; one of which nothing was told in time leaves
 * without a fate.
 */
export class VerdictJoin<Frame> {
  /** Oldest first. */
  readonly #frames: Waiting<Frame>[] = [];
  /** Those of `#frames` that have no fate yet, by key. */
  readonly #fateless = new Map<string, Waiting<Frame>[]>();
  /** What was told of datagrams that were not captured yet, oldest first. */
  readonly #told = new Map<string, { readonly fate: PacketFate; readonly deadline: number }[]>();
  #toldCount = 0;
  /** Fates that no datagram was captured for: the capture missed it, or it is not of this device. */
  notCaptured = 0;

  get waiting(): number {
    return this.#frames.length;
  }

  captured(key: string, frame: Frame, now: number): void {
    const waiting: Waiting<Frame> = { key, frame, deadline: now + JOIN_WAIT_MS, fate: this.#takeTold(key) };
    this.#frames.push(waiting);
    if (waiting.fate === undefined) append(this.#fateless, key, waiting);
  }

  told(key: string, fate: PacketFate, now: number): void {
    const waiting = shift(this.#fateless, key);
    if (waiting !== undefined) {
      waiting.fate = fate;
    } else if (this.#toldCount >= MAX_WAITING) {
      this.notCaptured++;
    } else {
      this.#toldCount++;
      append(this.#told, key, { fate, deadline: now + JOIN_WAIT_MS });
    }
  }

  /** What may leave now; everything, where `isEnding`. */
  take(now: number, isEnding = false): { readonly frame: Frame; readonly fate: PacketFate | undefined }[] {
    this.#forgetTold(now);
    const isReady = (head: Waiting<Frame>) =>
      isEnding || head.fate !== undefined || head.deadline <= now || this.#frames.length > MAX_WAITING;
    const ready: Waiting<Frame>[] = [];
    for (let head = this.#frames[0]; head !== undefined && isReady(head); head = this.#frames[0]) {
      this.#frames.shift();
      if (head.fate === undefined) shift(this.#fateless, head.key);
      ready.push(head);
    }
    return ready;
  }

  #takeTold(key: string): PacketFate | undefined {
    const told = shift(this.#told, key);
    if (told !== undefined) this.#toldCount--;
    return told?.fate;
  }

  #forgetTold(now: number): void {
    for (const [key, fates] of this.#told) {
      while (fates[0] !== undefined && fates[0].deadline <= now) {
        fates.shift();
        this.#toldCount--;
        this.notCaptured++;
      }
      if (fates.length === 0) this.#told.delete(key);
      else break;
    }
  }
}

function append<T>(lists: Map<string, T[]>, key: string, value: T): void {
  const list = lists.get(key);
  if (list === undefined) lists.set(key, [value]);
  else list.push(value);
}

function shift<T>(lists: Map<string, T[]>, key: string): T | undefined {
  const list = lists.get(key);
  const value = list?.shift();
  if (list?.length === 0) lists.delete(key);
  return value;
}
