import type { TraceMissing } from '../admin/trace-documents.ts';
import type { Clock } from '../base/clock.ts';
import type { TraceReport } from '../control/trace-messages.ts';
import { MAX_EARLY_REPORTS, TRACE_EARLY_MS, TRACE_MISSING_MS } from './limits.ts';

/** One packet and all that is known of it. */
export interface JoinedPacket {
  /** From 1, in the order of the sender's reports. */
  readonly number: number;
  /** The host that sent it; it may be another one by now. */
  readonly sender: string;
  readonly sent: TraceReport;
  readonly received: TraceReport | undefined;
  readonly missing: TraceMissing | undefined;
}

type Sent = Pick<JoinedPacket, 'number' | 'sender' | 'sent'>;

interface Pending {
  readonly packet: Sent;
  readonly cancel: () => void;
}

interface Early {
  readonly key: string;
  readonly host: string;
  readonly report: TraceReport;
  readonly at: number;
}

/** Whether a host tells what it sees of the flow, or why not. */
type Telling = 'tracing' | TraceMissing['why'];

export interface TraceJoinOptions {
  readonly clock: Clock;
  /** Packets to number. */
  readonly count: number;
  tellingOf(host: string): Telling;
  /** Of a packet that the sender's host told of at `sentAt`. */
  whyMissing(host: string, digest: string, sentAt: number): TraceMissing['why'];
  /** What the host told of some packet is kept no longer. */
  forgot(host: string): void;
  settled(packet: JoinedPacket): void;
}

/**
 * Joins what the sender's host and the receiver's host tell of one packet, by both hosts and its digest. The sender's host says
 * which packets there are; what the receiver's host tells of others is forgotten. Equal packets join in order.
 */
export class TraceJoin {
  readonly #options: TraceJoinOptions;
  /** By the host that has not told yet, the sender's and the digest. */
  readonly #pending = new Map<string, Pending[]>();
  /** What a receiver told before the sender did, oldest first. */
  readonly #early = new Set<Early>();
  #numbered = 0;
  #waiting = 0;

  constructor(options: TraceJoinOptions) {
    this.#options = options;
  }

  /** All packets that there shall be are numbered. */
  get isFull(): boolean {
    return this.#numbered >= this.#options.count;
  }

  /** Packets that wait for a host. */
  get waiting(): number {
    return this.#waiting;
  }

  send(sender: string, sent: TraceReport): void {
    if (this.isFull) return;
    const packet = { number: ++this.#numbered, sender, sent };
    if (sent.verdict !== 'send') return this.#settle(packet, undefined, undefined);
    const early = this.#takeEarly(keyOf(sent.to, sender, sent));
    if (early !== undefined) return this.#settle(packet, early, undefined);
    const telling = this.#options.tellingOf(sent.to);
    if (telling === 'tracing') this.#wait(packet);
    else this.#settle(packet, undefined, { host: sent.to, why: telling });
  }

  receive(host: string, received: TraceReport): void {
    const key = keyOf(host, received.origin, received);
    const [first] = this.#pending.get(key) ?? [];
    if (first === undefined) return this.#keepEarly(key, host, received);
    this.#forget(key, first);
    this.#settle(first.packet, received, undefined);
  }

  stop(): void {
    for (const pending of this.#pending.values()) for (const { cancel } of pending) cancel();
    this.#pending.clear();
  }

  #wait(packet: Sent): void {
    const { clock, whyMissing } = this.#options;
    const { to, digest } = packet.sent;
    const key = keyOf(to, packet.sender, packet.sent);
    const sentAt = clock.now();
    const cancel = clock.after(TRACE_MISSING_MS, () => {
      this.#forget(key, pending);
      this.#settle(packet, undefined, { host: to, why: whyMissing(to, digest, sentAt) });
    });
    const pending: Pending = { packet, cancel };
    this.#pending.set(key, [...(this.#pending.get(key) ?? []), pending]);
    this.#waiting++;
  }

  #forget(key: string, settled: Pending): void {
    settled.cancel();
    this.#waiting--;
    const rest = this.#pending.get(key)?.filter((pending) => pending !== settled) ?? [];
    if (rest.length === 0) this.#pending.delete(key);
    else this.#pending.set(key, rest);
  }

  #settle(packet: Sent, received: TraceReport | undefined, missing: TraceMissing | undefined): void {
    this.#options.settled({ ...packet, received, missing });
  }

  #keepEarly(key: string, host: string, report: TraceReport): void {
    const now = this.#options.clock.now();
    this.#early.add({ key, host, report, at: now });
    const [oldest] = this.#early;
    if (this.#early.size <= MAX_EARLY_REPORTS || oldest === undefined) return;
    this.#early.delete(oldest);
    if (oldest.at >= now - TRACE_EARLY_MS) this.#options.forgot(oldest.host);
  }

  #takeEarly(key: string): TraceReport | undefined {
    const since = this.#options.clock.now() - TRACE_EARLY_MS;
    for (const early of this.#early) {
      if (early.at < since) this.#early.delete(early);
      else if (early.key === key) {
        this.#early.delete(early);
        return early.report;
      }
    }
    return undefined;
  }
}

function keyOf(host: string, sender: string, { digest }: TraceReport): string {
  return `${host}/${sender}/${digest}`;
}
