import type { Arrival } from '../../pipeline/arrival.ts';
import { DROP_REASON_NAMES, type DropReason } from '../../pipeline/drop-reasons.ts';
import type { PortCounters } from '../fast-path.ts';

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/** What the fast path counts since start: drops by reason, and traffic by port. */
export class Counters {
  readonly drops = new Map<DropReason, number>(DROP_REASON_NAMES.map((reason) => [reason, 0]));
  readonly #ports = new Map<number, Mutable<PortCounters>>();

  drop(reason: DropReason, arrival: Arrival): void {
    this.drops.set(reason, (this.drops.get(reason) ?? 0) + 1);
    if (arrival.kind === 'guest') this.#port(arrival.port).dropped++;
  }

  fromGuest(port: number, bytes: number): void {
    const counters = this.#port(port);
    counters.packetsIn++;
    counters.bytesIn += bytes;
  }

  toGuest(port: number, bytes: number): void {
    const counters = this.#port(port);
    counters.packetsOut++;
    counters.bytesOut += bytes;
  }

  ofPort(port: number): PortCounters {
    return { ...this.#port(port) };
  }

  forgetPort(port: number): void {
    this.#ports.delete(port);
  }

  #port(port: number): Mutable<PortCounters> {
    let counters = this.#ports.get(port);
    if (counters === undefined) {
      counters = { packetsIn: 0, bytesIn: 0, packetsOut: 0, bytesOut: 0, dropped: 0 };
      this.#ports.set(port, counters);
    }
    return counters;
  }
}
