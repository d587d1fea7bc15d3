/**
 * Makes each request of one session be executed once, however often it arrives.
 *
 *            begin: 'new'                     finish(answer)
 *   (unseen) ────────────► in-progress ────────────────────────► answered
 *                           │  ▲                                  │  ▲
 *          begin:           └──┘            begin:                └──┘
 *          'in-progress' (say nothing)      'answered' (send the answer again)
 *
 * Ids count up, and the requester never sends one that is ID_SPAN above one that it waits for (see
 * `requester.ts`). While it gives up none of its requests within the session, everything below the one
 * that it waits for longest has been here, so ids are of three sorts:
 *
 *   up to highest - ID_SPAN                forgotten: `outside`, a late duplicate
 *   from there to highest + ID_SPAN        what the requester may send now
 *   higher                                 `outside`, not of this requester: raises nothing
 *
 * Without the last bound one forged id would put all that the requester sends among the forgotten.
 * Several that are forged one upon the other still do: what is `outside` is never executed, but has to
 * be answered with a refusal that makes whoever does wait for it begin a new session.
 */
import type { Answer } from './messages.ts';
import { ID_SPAN } from './requester.ts';

export type Begun =
  | { readonly state: 'new' }
  | { readonly state: 'in-progress' }
  | { readonly state: 'answered'; readonly answer: Answer }
  | { readonly state: 'outside' };

export class Responder {
  readonly counters = { executed: 0, answeredAgain: 0, ignored: 0, outside: 0 };
  /** By id, of at most ID_SPAN ids up to the highest; undefined while in progress. */
  readonly #answers = new Map<number, Answer | undefined>();
  #highest: number;

  /** `before` is the id before the first one, or an earlier one by less than ID_SPAN. */
  constructor(before: number) {
    this.#highest = before;
  }

  /**
   * What to do with a request that just arrived: execute it, send the answer again, nothing, or refuse
   * it. What is new has to be finished, with a refusal where it fails: until then its asker hears nothing.
   */
  begin(id: number): Begun {
    const answer = this.#answers.get(id);
    if (answer !== undefined) {
      this.counters.answeredAgain++;
      return { state: 'answered', answer };
    }
    if (this.#answers.has(id)) {
      this.counters.ignored++;
      return { state: 'in-progress' };
    }
    if (id <= this.#highest - ID_SPAN || id > this.#highest + ID_SPAN) {
      this.counters.outside++;
      return { state: 'outside' };
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
