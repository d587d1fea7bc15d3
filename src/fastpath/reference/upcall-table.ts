import type { Arrival } from '../../pipeline/arrival.ts';
import { MAX_HELD_PACKETS, MAX_UPCALLS, MAX_UPCALLS_PER_ORIGIN } from '../fast-path.ts';

export interface UpcallTerms {
  /** What it is charged to. */
  readonly origin: number;
  /** The pending entry of an undecided flow; -1 for a single packet. */
  slot: number;
  readonly needsContext: boolean;
}

/** An undecided flow or single packet, with what waits behind it. */
export interface WaitingUpcall extends UpcallTerms {
  /** 1 and up. */
  readonly id: number;
  readonly since: number;
  readonly packets: Arrival[];
}

/** Upcalls that wait for an answer, in order of age, bounded by origin: a port or a sender. */
export class UpcallTable {
  readonly #waiting = new Map<number, WaitingUpcall>();
  readonly #perOrigin = new Map<number, number>();
  #nextId = 1;

  get size(): number {
    return this.#waiting.size;
  }

  get(id: number): WaitingUpcall | undefined {
    return this.#waiting.get(id);
  }

  /** Undefined when the origin has as many as it may. The packet is copied. */
  add(terms: UpcallTerms, packet: Arrival, now: number): WaitingUpcall | undefined {
    const { origin } = terms;
    const count = this.#perOrigin.get(origin) ?? 0;
    if (count >= MAX_UPCALLS_PER_ORIGIN || this.#waiting.size >= MAX_UPCALLS) return undefined;
    const upcall = { ...terms, id: this.#nextId++, since: now, packets: [copy(packet)] };
    this.#waiting.set(upcall.id, upcall);
    this.#perOrigin.set(origin, count + 1);
    return upcall;
  }

  /** Adds a packet behind an upcall; false when as many wait as may. */
  hold(id: number, packet: Arrival): boolean {
    const upcall = this.#waiting.get(id);
    if (upcall === undefined || upcall.packets.length >= MAX_HELD_PACKETS) return false;
    upcall.packets.push(copy(packet));
    return true;
  }

  remove(upcall: WaitingUpcall): void {
    if (!this.#waiting.delete(upcall.id)) return;
    const left = (this.#perOrigin.get(upcall.origin) ?? 1) - 1;
    if (left === 0) this.#perOrigin.delete(upcall.origin);
    else this.#perOrigin.set(upcall.origin, left);
  }

  /** The upcall's flow entry is gone: its packets will be decided one by one. */
  detach(id: number): void {
    const upcall = this.#waiting.get(id);
    if (upcall !== undefined) upcall.slot = -1;
  }

  /** Upcalls older than `since`; they stand in order of age. */
  olderThan(since: number): WaitingUpcall[] {
    const old: WaitingUpcall[] = [];
    for (const upcall of this.#waiting.values()) {
      if (upcall.since > since) break;
      old.push(upcall);
    }
    return old;
  }

  ofOrigin(origin: number): WaitingUpcall[] {
    return [...this.#waiting.values()].filter((upcall) => upcall.origin === origin);
  }
}

function copy(packet: Arrival): Arrival {
  return packet.kind === 'guest'
    ? { ...packet, bytes: packet.bytes.slice() }
    : { ...packet, header: packet.header.slice(), bytes: packet.bytes.slice() };
}
