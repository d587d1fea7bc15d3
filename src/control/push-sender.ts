/**
 * Delivers items to the other side of one session in order, each once. Pure: it sends through a
 * function and learns the time from its caller, who calls `tick` at `nextDeadline`.
 *
 *            window has room: send      acknowledge(sequence or a later one)
 *   queued ─────────────────────► in flight ──────────────────────► acknowledged
 *                                   │   ▲
 *                  tick, retry time └───┘ send again
 *
 * Items wait in one queue and are packed into messages only when the window has room, so the more
 * there are, the fuller the messages. What is in flight is always the PUSH_WINDOW sequences after the
 * last acknowledged one, at most, and `push-receiver.ts` keeps as many.
 */
import type { Random } from '../base/random.ts';
import { fittingItems } from './codec.ts';
import type { Item, Push } from './messages.ts';
import { retryDelay } from './retry-delay.ts';

/** Push messages that are sent and not acknowledged. */
export const PUSH_WINDOW = 16;
/** Items not acknowledged, and calls that wait for their acknowledgement, of one session. */
export const MAX_PENDING_ITEMS = 8192;

interface InFlight {
  readonly push: Push;
  readonly firstSentAt: number;
  sent: number;
  retryAt: number;
}

interface Waiter {
  /** Runs once so many items of the session are acknowledged. */
  readonly items: number;
  readonly acknowledged: () => void;
}

export interface PushSenderOptions {
  readonly random: Random;
  send(push: Push): void;
  /** Is told how long each message took from its first sending to its acknowledgement. */
  readonly observe?: ((seconds: number) => void) | undefined;
}

export class PushSender {
  readonly counters = { sent: 0, retransmitted: 0, overflowed: 0 };
  readonly #random: Random;
  readonly #send: (push: Push) => void;
  readonly #observe: ((seconds: number) => void) | undefined;
  readonly #queue: Item[] = [];
  /** In the order of their sequences, without gaps. */
  readonly #inFlight: InFlight[] = [];
  readonly #waiters: Waiter[] = [];
  #nextSequence = 1;
  /** Items of the session so far, and how many of them are acknowledged. */
  #pushedItems = 0;
  #acknowledgedItems = 0;

  constructor(options: PushSenderOptions) {
    this.#random = options.random;
    this.#send = (push) => options.send(push);
    this.#observe = options.observe;
  }

  /** Items that are not acknowledged. */
  get pending(): number {
    return this.#pushedItems - this.#acknowledgedItems;
  }

  /**
   * Queues `items`; `acknowledged` runs once, when they and all before them are acknowledged. Returns
   * false, and takes none of them, when too many wait already: the other side then has to start anew.
   */
  push(items: readonly Item[], now: number, acknowledged?: () => void): boolean {
    if (this.pending + items.length > MAX_PENDING_ITEMS || this.#waiters.length >= MAX_PENDING_ITEMS) {
      this.counters.overflowed++;
      return false;
    }
    for (const item of items) this.#queue.push(item);
    this.#pushedItems += items.length;
    if (acknowledged !== undefined) this.#waiters.push({ items: this.#pushedItems, acknowledged });
    this.#fillWindow(now);
    this.#wake();
    return true;
  }

  /** Everything up to and including `sequence` has arrived. One never sent is ignored. */
  acknowledge(sequence: number, now: number): void {
    if (sequence >= this.#nextSequence) return;
    while (this.#inFlight[0] !== undefined && this.#inFlight[0].push.sequence <= sequence) {
      const { push, firstSentAt } = this.#inFlight[0];
      this.#acknowledgedItems += push.items.length;
      this.#inFlight.shift();
      this.#observe?.((now - firstSentAt) / 1000);
    }
    this.#fillWindow(now);
    this.#wake();
  }

  /** Sends again what is due. */
  tick(now: number): void {
    for (const message of this.#inFlight) {
      if (message.retryAt > now) continue;
      this.counters.retransmitted++;
      this.#transmit(message, now);
    }
  }

  /** When `tick` has something to do next; undefined when nothing is in flight. */
  nextDeadline(): number | undefined {
    if (this.#inFlight.length === 0) return undefined;
    return Math.min(...this.#inFlight.map((message) => message.retryAt));
  }

  #fillWindow(now: number): void {
    while (this.#queue.length > 0 && this.#inFlight.length < PUSH_WINDOW) {
      const items = this.#queue.splice(0, fittingItems(this.#queue, 0));
      const message: InFlight = {
        push: { kind: 'push', sequence: this.#nextSequence++, items },
        firstSentAt: now,
        sent: 0,
        retryAt: now,
      };
      this.#inFlight.push(message);
      this.counters.sent++;
      this.#transmit(message, now);
    }
  }

  #transmit(message: InFlight, now: number): void {
    message.sent++;
    message.retryAt = now + retryDelay(message.sent, this.#random);
    this.#send(message.push);
  }

  /** A waiter may push again; the loop reads the list anew each time. */
  #wake(): void {
    while (this.#waiters[0] !== undefined && this.#waiters[0].items <= this.#acknowledgedItems) {
      this.#waiters.shift()?.acknowledged();
    }
  }
}
