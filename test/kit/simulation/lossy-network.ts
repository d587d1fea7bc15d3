import type { Clock } from '../../../src/base/clock.ts';
import { type Endpoint, formatEndpoint } from '../../../src/base/ipv4.ts';
import type { Random } from '../../../src/base/random.ts';

export interface Weather {
  /** Shares of datagrams, 0 to 1. */
  loss: number;
  duplication: number;
  /** Datagrams take this long, uniformly between: what is wider than the sending interval reorders. */
  fastestMs: number;
  slowestMs: number;
}

export const FAIR: Weather = { loss: 0, duplication: 0, fastestMs: 0.2, slowestMs: 0.4 };

type Receive = (from: Endpoint, bytes: Uint8Array, tos: number) => void;

/** Datagrams between endpoints, lost, duplicated, delayed and cut off as the weather and partitions say. */
export class LossyNetwork {
  weather: Weather = FAIR;
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #receivers = new Map<string, Receive>();
  /** Pairs of addresses, directed, between which nothing passes. */
  readonly #cut = new Set<string>();

  constructor(clock: Clock, random: Random) {
    this.#clock = clock;
    this.#random = random;
  }

  /** The returned function leaves again. */
  join(endpoint: Endpoint, receive: Receive): () => void {
    const name = formatEndpoint(endpoint);
    this.#receivers.set(name, receive);
    return () => {
      if (this.#receivers.get(name) === receive) this.#receivers.delete(name);
    };
  }

  /** Cuts one direction. */
  cut(from: number, to: number): void {
    this.#cut.add(`${from} ${to}`);
  }

  heal(): void {
    this.#cut.clear();
  }

  send(from: Endpoint, to: Endpoint, bytes: Uint8Array, tos = 0): void {
    if (this.#cut.has(`${from.address} ${to.address}`)) return;
    const copies = this.#random.next() < this.weather.duplication ? 2 : 1;
    for (let copy = 0; copy < copies; copy++) {
      if (this.#random.next() < this.weather.loss) continue;
      const { fastestMs, slowestMs } = this.weather;
      const delay = fastestMs + this.#random.next() * (slowestMs - fastestMs);
      const own = bytes.slice();
      this.#clock.after(delay, () => this.#receivers.get(formatEndpoint(to))?.(from, own, tos));
    }
  }
}
