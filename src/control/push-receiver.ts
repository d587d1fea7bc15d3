/**
 * Puts the pushes of one session in order and lets each through once.
 *
 *   sequence          what happens
 *   ≤ applied         a duplicate: acknowledged again
 *   applied + 1       let through, with all that were kept and follow without a gap
 *   up to applied + PUSH_WINDOW: kept until the gap before it closes
 *   higher            ignored: no `push-sender.ts` sends that far ahead
 */
import type { Item, Push } from './messages.ts';
import { PUSH_WINDOW } from './push-sender.ts';

export class PushReceiver {
  readonly counters = { applied: 0, duplicates: 0, kept: 0, ignored: 0 };
  /** Pushes after a gap, by sequence: fewer than PUSH_WINDOW. */
  readonly #kept = new Map<number, readonly Item[]>();
  #applied = 0;

  /** The items to apply now, in order, and the sequence to acknowledge once they are applied. */
  receive(push: Push): { items: readonly Item[]; acknowledge: number } {
    const { sequence } = push;
    if (sequence <= this.#applied || this.#kept.has(sequence)) this.counters.duplicates++;
    else if (sequence > this.#applied + PUSH_WINDOW) this.counters.ignored++;
    else this.#keep(push);
    return { items: this.#takeReady(), acknowledge: this.#applied };
  }

  #keep(push: Push): void {
    if (push.sequence > this.#applied + 1) this.counters.kept++;
    this.#kept.set(push.sequence, push.items);
  }

  #takeReady(): Item[] {
    const ready: Item[] = [];
    for (;;) {
      const items = this.#kept.get(this.#applied + 1);
      if (items === undefined) return ready;
      this.#applied++;
      this.#kept.delete(this.#applied);
      this.counters.applied++;
      ready.push(...items);
    }
  }
}
