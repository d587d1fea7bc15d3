/**
 * Asks until it is answered: the side of a request that chooses the id. Pure: it sends through a
 * function and learns the time from its caller, who calls `tick` at `nextDeadline`.
 *
 *            ask: send                    receive: done(answer)
 *   (none) ───────────► waiting ────────────────────────────────► (none)
 *                        │  ▲  │
 *       tick, retry time └──┘  └─ tick, time-out; cancelAll: done(undefined) ─► (none)
 *           send again
 *
 * `done` runs exactly once. Ids count up from a random start, so that an answer to an earlier life of
 * this process is nobody's. An id is never more than ID_SPAN above the oldest one that waits: the
 * responder remembers that many answers (see `responder.ts`).
 */
import type { Random } from '../base/random.ts';
import type { Answer, Message, Request } from './messages.ts';
import { retryDelay } from './retry-delay.ts';

/** Requests that wait for an answer at the same time. */
export const MAX_IN_FLIGHT = 32;
/** Ids from the oldest request that waits to the newest one, both counted. */
export const ID_SPAN = 64;

const ANSWER_OF: { readonly [K in Request['kind']]: Answer['kind'] } = {
  register: 'registered',
  heartbeat: 'heartbeat-ack',
  sync: 'sync-page',
  lookup: 'lookup-answer',
  report: 'report-ack',
  'trace-report': 'trace-report-ack',
  'trace-state': 'trace-state-ack',
};

interface Waiting {
  readonly body: Request;
  readonly done: (answer: Answer | undefined) => void;
  readonly expiresAt: number;
  sent: number;
  retryAt: number;
}

export interface RequesterOptions {
  readonly random: Random;
  send(id: number, body: Request): void;
}

export class Requester {
  readonly counters = { asked: 0, answered: 0, retransmitted: 0, timedOut: 0, overflowed: 0 };
  readonly #random: Random;
  readonly #send: (id: number, body: Request) => void;
  /** In the order of their ids. */
  readonly #waiting = new Map<number, Waiting>();
  #nextId: number;

  constructor(options: RequesterOptions) {
    this.#random = options.random;
    this.#send = (id, body) => options.send(id, body);
    this.#nextId = options.random.uint32() + 1;
  }

  /**
   * Sends `body` now and again until it is answered, timed out (`timeoutMs`, by default never) or
   * cancelled. Returns false, and does nothing, when too many wait already.
   */
  ask(body: Request, now: number, done: (answer: Answer | undefined) => void, timeoutMs = Infinity): boolean {
    if (this.#isFull()) {
      this.counters.overflowed++;
      return false;
    }
    const id = this.#nextId++;
    const waiting: Waiting = { body, done, expiresAt: now + timeoutMs, sent: 0, retryAt: now };
    this.#waiting.set(id, waiting);
    this.counters.asked++;
    this.#transmit(id, waiting, now);
    return true;
  }

  /** Takes an answer; false when it is not one that something waits for. */
  receive(message: Message): boolean {
    const waiting = this.#waiting.get(message.id);
    if (waiting === undefined || !isAnswerTo(waiting.body, message.body)) return false;
    this.#waiting.delete(message.id);
    this.counters.answered++;
    waiting.done(message.body);
    return true;
  }

  /** Sends again what is due and gives up what timed out. */
  tick(now: number): void {
    // Those of this moment: what a `done` asks is not due yet, what it cancels no longer waits.
    const before = [...this.#waiting];
    for (const [id, waiting] of before) {
      if (!this.#waiting.has(id)) continue;
      if (waiting.expiresAt <= now) {
        this.#waiting.delete(id);
        this.counters.timedOut++;
        waiting.done(undefined);
      } else if (waiting.retryAt <= now) {
        this.counters.retransmitted++;
        this.#transmit(id, waiting, now);
      }
    }
  }

  /** When `tick` has something to do next; undefined when nothing waits. */
  nextDeadline(): number | undefined {
    let earliest: number | undefined;
    for (const { retryAt, expiresAt } of this.#waiting.values()) {
      earliest = Math.min(earliest ?? Infinity, retryAt, expiresAt);
    }
    return earliest;
  }

  /** Gives up everything that waits now. */
  cancelAll(): void {
    const cancelled = [...this.#waiting.values()];
    this.#waiting.clear();
    for (const { done } of cancelled) done(undefined);
  }

  #isFull(): boolean {
    const [oldest = this.#nextId] = this.#waiting.keys();
    return this.#waiting.size >= MAX_IN_FLIGHT || this.#nextId - oldest >= ID_SPAN;
  }

  #transmit(id: number, waiting: Waiting, now: number): void {
    waiting.sent++;
    waiting.retryAt = now + retryDelay(waiting.sent, this.#random);
    this.#send(id, waiting.body);
  }
}

function isAnswerTo(request: Request, body: Message['body']): body is Answer {
  return body.kind === 'refused' || body.kind === ANSWER_OF[request.kind];
}
