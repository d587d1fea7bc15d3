import type { Clock } from '../base/clock.ts';
import type { Answer, Message, Request } from './messages.ts';
import { Requester, type RequesterOptions } from './requester.ts';

/** Takes how long a request took from its first sending to its answer. */
export type RequestObserver = (seconds: number, kind: Request['kind']) => void;

export interface TimedRequesterOptions extends RequesterOptions {
  readonly clock: Clock;
  readonly observe?: RequestObserver | undefined;
}

/** A requester that keeps its own time: one timer, at its next deadline. */
export class TimedRequester {
  readonly #options: TimedRequesterOptions;
  readonly #requester: Requester;
  #cancelTick = () => {};
  #isStopped = false;

  constructor(options: TimedRequesterOptions) {
    this.#options = options;
    this.#requester = new Requester(options);
  }

  get counters(): Readonly<Requester['counters']> {
    return this.#requester.counters;
  }

  /** As `Requester.ask`, without a time-out. */
  ask(body: Request, done: (answer: Answer | undefined) => void): boolean {
    const { clock, observe } = this.#options;
    const askedAt = clock.now();
    const isAsked = this.#requester.ask(body, askedAt, (answer) => {
      if (answer !== undefined) observe?.((clock.now() - askedAt) / 1000, body.kind);
      done(answer);
    });
    this.#arm();
    return isAsked;
  }

  receive(message: Message): boolean {
    const isAwaited = this.#requester.receive(message);
    this.#arm();
    return isAwaited;
  }

  cancelAll(): void {
    this.#requester.cancelAll();
    this.#arm();
  }

  /** Gives up everything and sends nothing more. */
  stop(): void {
    this.#isStopped = true;
    this.#requester.cancelAll();
    this.#cancelTick();
  }

  #arm(): void {
    this.#cancelTick();
    const deadline = this.#requester.nextDeadline();
    if (deadline === undefined || this.#isStopped) return;
    const { clock } = this.#options;
    this.#cancelTick = clock.after(Math.max(0, deadline - clock.now()), () => {
      this.#requester.tick(clock.now());
      this.#arm();
    });
  }
}
