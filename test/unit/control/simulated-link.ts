import type { Random } from '../../../src/base/random.ts';

/** Something with timers of its own, as the control machines have. */
interface Timed {
  nextDeadline(): number | undefined;
  tick(now: number): void;
}

interface Event {
  readonly at: number;
  readonly run: () => void;
}

/** Time that passes only when nothing is left to do at this moment. */
export class SimulatedTime {
  now = 0;
  readonly #events: Event[] = [];
  readonly #timed: Timed[] = [];

  /** From now on `timed` is ticked at its deadlines. */
  drive(timed: Timed): void {
    this.#timed.push(timed);
  }

  after(delay: number, run: () => void): void {
    this.#events.push({ at: this.now + delay, run });
  }

  /** Lets time pass until `isDone` or until nothing more will happen; fails after `limit` milliseconds. */
  run(isDone: () => boolean, limit: number): void {
    while (!isDone()) {
      const next = this.#next();
      if (next === undefined) return;
      if (next.at > limit) throw new Error(`not done after ${limit} ms`);
      this.now = Math.max(this.now, next.at);
      next.run();
    }
  }

  /** Takes what happens next: an event, or the tick of something whose deadline comes first. */
  #next(): Event | undefined {
    const event = this.#events.reduce(earlier, NEVER);
    const deadlines = this.#timed.map((timed) => ({
      at: timed.nextDeadline() ?? Infinity,
      run: () => timed.tick(this.now),
    }));
    const first = deadlines.reduce(earlier, event);
    if (first === NEVER) return undefined;
    if (first === event) this.#events.splice(this.#events.indexOf(event), 1);
    return first;
  }
}

const NEVER: Event = { at: Infinity, run: () => {} };

function earlier(a: Event, b: Event): Event {
  return b.at < a.at ? b : a;
}

export interface Faults {
  /** The shares of what is lost and of what arrives twice, 0 to 1. */
  readonly loss: number;
  readonly duplication: number;
  /** Each copy takes from 1 to so many milliseconds, so they overtake each other. */
  readonly maxDelay: number;
}

/** One direction of a network that loses, doubles and reorders. */
export function simulatedLink<T>(
  time: SimulatedTime,
  random: Random,
  faults: Faults,
  deliver: (value: T) => void,
): (value: T) => void {
  return (value) => {
    const copies = random.next() < faults.duplication ? 2 : 1;
    for (let copy = 0; copy < copies; copy++) {
      if (random.next() < faults.loss) continue;
      time.after(1 + random.next() * (faults.maxDelay - 1), () => deliver(value));
    }
  };
}

/** Networks from good to hardly usable, by seed. */
export function faultsOf(random: Random): Faults {
  return { loss: random.next() * 0.6, duplication: random.next() * 0.5, maxDelay: 1 + random.next() * 800 };
}
