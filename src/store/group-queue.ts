import { UserError } from '../base/errors.ts';

/** Requests waiting or under way, and the bytes of their keys and values. */
export const MAX_QUEUED_REQUESTS = 4096;
export const MAX_QUEUED_BYTES = 32 * 1024 * 1024;
/** Requests of one group. */
export const MAX_GROUP = 128;

interface Waiting<Request, Reply> {
  readonly request: Request;
  readonly bytes: number;
  readonly settle: (reply: Reply) => void;
  readonly reject: (error: Error) => void;
}

/**
 * Hands requests over in groups, in order, one group at a time: those that arrive while a group is
 * under way make up the next one. The receiver of a group answers with `settle` or `refuse`.
 */
export class GroupQueue<Request, Reply> {
  readonly #send: (group: readonly Request[]) => void;
  #waiting: Waiting<Request, Reply>[] = [];
  #underWay: Waiting<Request, Reply>[] = [];
  #bytes = 0;
  #refused = 0;
  #failure: Error | undefined;
  #onIdle = () => {};

  constructor(send: (group: readonly Request[]) => void) {
    this.#send = send;
  }

  /** Requests refused because the queue was full. */
  get refused(): number {
    return this.#refused;
  }

  /** `accept` turns the reply into the result; it runs in the order of the requests. Throws UserError `limit`. */
  submit<Result>(request: Request, bytes: number, accept: (reply: Reply) => Result): Promise<Result> {
    return new Promise((resolve, reject) => {
      if (this.#failure) throw this.#failure;
      this.#checkRoom(bytes);
      const settle = (reply: Reply) => {
        try {
          resolve(accept(reply));
        } catch (error) {
          reject(error);
        }
      };
      this.#waiting.push({ request, bytes, settle, reject });
      this.#bytes += bytes;
      this.#sendNext();
    });
  }

  /** Answers the group under way, request by request. */
  settle(replies: readonly Reply[]): void {
    if (replies.length !== this.#underWay.length) {
      throw new Error(`a group of ${this.#underWay.length} requests got ${replies.length} replies`);
    }
    const group = this.#takeUnderWay();
    replies.forEach((reply, index) => {
      group[index]?.settle(reply);
    });
    this.#sendNext();
  }

  /** Rejects the group under way; the next one is sent. */
  refuse(error: Error): void {
    for (const { reject } of this.#takeUnderWay()) reject(error);
    this.#sendNext();
  }

  /** Rejects every request, now and later. */
  fail(error: Error): void {
    this.#failure ??= error;
    const rejected = [...this.#takeUnderWay(), ...this.#waiting];
    this.#waiting = [];
    for (const { reject } of rejected) reject(this.#failure);
    this.#onIdle();
  }

  /** Resolves when no request is waiting or under way. For one caller. */
  idle(): Promise<void> {
    return new Promise((resolve) => {
      this.#onIdle = resolve;
      this.#sendNext();
    });
  }

  #sendNext(): void {
    if (this.#underWay.length > 0) return;
    this.#underWay = this.#waiting.splice(0, MAX_GROUP);
    if (this.#underWay.length > 0) this.#send(this.#underWay.map(({ request }) => request));
    else this.#onIdle();
  }

  #takeUnderWay(): Waiting<Request, Reply>[] {
    const group = this.#underWay;
    this.#underWay = [];
    for (const { bytes } of group) this.#bytes -= bytes;
    return group;
  }

  #checkRoom(bytes: number): void {
    const requests = this.#waiting.length + this.#underWay.length;
    if (requests < MAX_QUEUED_REQUESTS && this.#bytes + bytes <= MAX_QUEUED_BYTES) return;
    this.#refused += 1;
    throw new UserError(
      'limit',
      `${requests} requests with ${this.#bytes} bytes are waiting for the store`,
      'wait for some of them to be answered, then try again',
    );
  }
}
