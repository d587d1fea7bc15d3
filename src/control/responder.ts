/**
 * Makes each request of one session be executed once, however often it arrives.
 *
 *            begin: 'new'                     finish(answer)
 *   (unseen) ────────────► in-progress ────────────────────────► answered
 *                           │  ▲                                  │  ▲
 *          begin:           └──┘            begin:                └──┘
 *          'in-progress' (say nothing)      'answered' (send the answer again)
 *
 * Everything is forgotten once an id arrives that is ID_SPAN higher; the requester does not send such
 * an id while it waits for the older one (see `requester.ts`), so what is forgotten is a late
 * duplicate and counts as in progress: it is neither executed nor answered.
 */
import type { Answer } from './messages.ts';
import { ID_SPAN } from './requester.ts';

export type Begun =
  | { readonly state: 'new' }
  | { readonly state: 'in-progress' }
  | { readonly state: 'answered'; readonly answer: Answer };

export class Responder {
  readonly counters = { executed: 0, answeredAgain: 0, ignored: 0 };
  /** By id, of at most ID_SPAN ids up to the highest; undefined while in progress. */
  readonly #answers = new Map<number, Answer | undefined>();
  #highest = 0;

  /**
   * What to do with a request that just arrived: execute it, send the answer again, or nothing. What
   * is new has to be finished, with a refusal where it fails: until then its asker hears nothing.
   */
  begin(id: number): Begun {
    const answer = this.#answers.get(id);
    if (answer !== undefined) {
      this.counters.answeredAgain++;
      return { state: 'answered', answer };
    }
    if (this.#answers.has(id) || id <= this.#highest - ID_SPAN) {
      this.counters.ignored++;
      return { state: 'in-progress' };
    }
    this.#answers.set(id, undefined);
    this.counters.executed++;
    if (id > this.#highest) this.#raise(id);
    return { state: 'new' };
  }

  /** Keeps the answer of a request that `begin` called new; nothing when it is forgotten by now. */
  finish(id: number, answer: Answer): void {
    if (this.#answers.has(id)) this.#answers.set(id, answer);
  }

  #raise(highest: number): void {
    this.#highest = highest;
    for (const id of this.#answers.keys()) {
      if (id <= highest - ID_SPAN) this.#answers.delete(id);
    }
  }
}
