import type { Clock } from '../base/clock.ts';

export interface ConvergenceOptions {
  readonly clock: Clock;
  /** Is told how long each change took that anyone was told of. */
  observe?: ((seconds: number) => void) | undefined;
}

interface Change {
  /** When the daemon learned that it was committed. */
  readonly since: number;
  /** Pushes of it that are not settled. */
  waiting: number;
}

/**
 * How long a committed change takes until each agent that is told of it has acknowledged it, or its
 * session is over. There are never more changes under way than pushes.
 */
export class Convergence {
  readonly #options: ConvergenceOptions;
  /** In the order of their commits. */
  readonly #underWay = new Set<Change>();
  #told: Change | undefined;

  constructor(options: ConvergenceOptions) {
    this.#options = options;
  }

  /** Changes that somebody has not acknowledged. */
  get underWay(): number {
    return this.#underWay.size;
  }

  /** How long the oldest of them is under way; 0 where there is none. */
  get oldestSeconds(): number {
    const [oldest] = this.#underWay;
    return oldest === undefined ? 0 : this.#secondsSince(oldest);
  }

  /** What is pushed while `tell` runs is of one change. */
  change(tell: () => void): void {
    const change: Change = { since: this.#options.clock.now(), waiting: 0 };
    this.#told = change;
    try {
      tell();
    } finally {
      this.#told = undefined;
    }
  }

  /** Something is pushed to one agent. What it returns is called once: acknowledged, or given up. */
  pushed(): (() => void) | undefined {
    const change = this.#told;
    if (change === undefined) return undefined;
    change.waiting++;
    this.#underWay.add(change);
    return () => this.#settle(change);
  }

  #settle(change: Change): void {
    change.waiting--;
    if (change.waiting > 0) return;
    this.#underWay.delete(change);
    this.#options.observe?.(this.#secondsSince(change));
  }

  #secondsSince({ since }: Change): number {
    return (this.#options.clock.now() - since) / 1000;
  }
}
