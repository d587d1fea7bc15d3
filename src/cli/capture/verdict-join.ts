import type { PacketFate } from '../../admin/stream-documents.ts';
import { AgingLists } from './aging-lists.ts';

/** How long a datagram waits for the agent to tell what became of it, and the reverse, ms. */
export const JOIN_WAIT_MS = 1000;
/** Datagrams, fates, and datagrams that left without one, that are remembered. */
export const MAX_WAITING = 8192;

interface Waiting<Frame> {
  readonly key: string;
  readonly frame: Frame;
  readonly deadline: number;
  /** Of the join, when it came. */
  readonly losses: number;
  fate: PacketFate | undefined;
  /** Which of several fates is its own cannot be known. */
  isGivenUp: boolean;
}

interface Told {
  readonly fate: PacketFate;
  /** Of the join, when it came. */
  readonly losses: number;
}

/**
 * Joins datagrams that were captured on the wire with what the agent tells of them, which comes on another way, before
 * or after. Datagrams leave in the order in which they were captured; one of which nothing was told in time leaves
 * without a fate. Equal datagrams get their fates in order, unless something was lost while they waited: no fate is
 * better than another's.
 */
export class VerdictJoin<Frame> {
  /** Oldest first. */
  readonly #frames: Waiting<Frame>[] = [];
  /** Those of `#frames` that have no fate yet, by key. */
  readonly #fateless = new Map<string, Waiting<Frame>[]>();
  /** What was told of datagrams that were not captured yet. */
  readonly #told = new AgingLists<Told>();
  /** Datagrams that left without a fate, which may still be told. */
  readonly #departed = new AgingLists<undefined>();
  #losses = 0;
  /** Fates that no datagram was captured for: the capture missed it, or it is not of this device. */
  notCaptured = 0;

  get waiting(): number {
    return this.#frames.length;
  }

  /** The one that leaves next. */
  get first(): Frame | undefined {
    return this.#frames[0]?.frame;
  }

  captured(key: string, frame: Frame, now: number): void {
    const fate = this.#takeTold(key);
    const losses = this.#losses;
    const waiting = { key, frame, deadline: now + JOIN_WAIT_MS, losses, fate, isGivenUp: false };
    this.#frames.push(waiting);
    if (fate !== undefined) return;
    const list = this.#fateless.get(key);
    if (list === undefined) this.#fateless.set(key, [waiting]);
    else list.push(waiting);
  }

  told(key: string, fate: PacketFate, now: number): void {
    const equals = this.#fateless.get(key);
    if (this.#departed.of(key).length > 0) this.#departed.shift(key);
    else if (equals === undefined) this.#keepTold(key, fate, now);
    else if (this.#isDoubtful(equals)) this.#giveUp(key, equals, now);
    else this.#takeFateless(key, equals[0], fate);
  }

  /** Datagrams or fates did not come here. */
  lost(): void {
    this.#losses++;
  }

  /** What may leave now; everything, where `isEnding`. */
  take(now: number, isEnding = false): { readonly frame: Frame; readonly fate: PacketFate | undefined }[] {
    this.#departed.expire(now);
    this.#miss(this.#told.expire(now));
    const isReady = (head: Waiting<Frame>) =>
      isEnding ||
      head.fate !== undefined ||
      head.isGivenUp ||
      head.deadline <= now ||
      this.#frames.length > MAX_WAITING;
    const ready: Waiting<Frame>[] = [];
    for (let head = this.#frames[0]; head !== undefined && isReady(head); head = this.#frames[0]) {
      this.#frames.shift();
      if (head.fate === undefined && !head.isGivenUp) this.#depart(head, now);
      ready.push(head);
    }
    return ready;
  }

  #keepTold(key: string, fate: PacketFate, now: number): void {
    if (this.#told.size >= MAX_WAITING) this.#miss(1);
    else this.#told.append(key, { fate, losses: this.#losses }, now + JOIN_WAIT_MS);
  }

  #takeTold(key: string): PacketFate | undefined {
    const equals = this.#told.of(key);
    if (!this.#isDoubtful(equals)) return this.#told.shift(key)?.fate;
    for (const _ of equals) this.#told.shift(key);
    return undefined;
  }

  #miss(fates: number): void {
    this.notCaptured += fates;
    if (fates > 0) this.lost();
  }

  #isDoubtful(equals: readonly { readonly losses: number }[]): boolean {
    return equals.length > 1 && equals.some(({ losses }) => losses !== this.#losses);
  }

  #takeFateless(key: string, head: Waiting<Frame> | undefined, fate?: PacketFate): void {
    const list = this.#fateless.get(key);
    list?.shift();
    if (list?.length === 0) this.#fateless.delete(key);
    if (head !== undefined) head.fate = fate;
  }

  /** One of them was told of; the others may still be. */
  #giveUp(key: string, equals: readonly Waiting<Frame>[], now: number): void {
    this.#fateless.delete(key);
    for (const waiting of equals) waiting.isGivenUp = true;
    for (const _ of equals.slice(1)) this.#remember(key, now);
  }

  #depart(head: Waiting<Frame>, now: number): void {
    this.#takeFateless(head.key, head);
    this.#remember(head.key, now);
  }

  #remember(key: string, now: number): void {
    if (this.#departed.size < MAX_WAITING) this.#departed.append(key, undefined, now + JOIN_WAIT_MS);
  }
}
