import { JOIN_WAIT_MS, MAX_WAITING } from './verdict-join.ts';

interface Waiting<Packet> {
  readonly packet: Packet;
  readonly deadline: number;
}

/** Puts packets of several sources into the order of their times; those of one time stay as they came. */
export class TimeOrder<Packet extends { readonly timeNs: bigint }> {
  /** Earliest first. */
  readonly #waiting: Waiting<Packet>[] = [];

  add(packet: Packet, now: number): void {
    let place = this.#waiting.length;
    while (place > 0 && (this.#waiting[place - 1]?.packet.timeNs ?? 0n) > packet.timeNs) place--;
    this.#waiting.splice(place, 0, { packet, deadline: now + JOIN_WAIT_MS });
  }

  /** Those not later than `untilNs`, before which nothing comes any more, and those that have waited long enough. */
  take(untilNs: bigint, now: number, isEnding = false): Packet[] {
    const isReady = ({ packet, deadline }: Waiting<Packet>) =>
      isEnding || packet.timeNs <= untilNs || deadline <= now || this.#waiting.length > MAX_WAITING;
    const ready: Packet[] = [];
    for (let head = this.#waiting[0]; head !== undefined && isReady(head); head = this.#waiting[0]) {
      this.#waiting.shift();
      ready.push(head.packet);
    }
    return ready;
  }
}
