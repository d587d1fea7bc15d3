import type { TraceMissing } from '../admin/trace-documents.ts';
import type { Clock } from '../base/clock.ts';
import { sampleLevel } from '../control/sampling.ts';
import type { TraceReport } from '../control/trace-messages.ts';
import { MAX_EARLY_REPORTS, TRACE_MISSING_MS } from './limits.ts';

/** One packet and all that is known of it. */
export interface JoinedPacket {
  /** From 1, in the order of the sender's reports. */
  readonly number: number;
  readonly sent: TraceReport;
  readonly received: TraceReport | undefined;
  readonly missing: TraceMissing | undefined;
}

interface Pending {
  readonly number: number;
  readonly sent: TraceReport;
  readonly cancel: () => void;
}

/** Whether a host tells what it sees of the flow, or why not. */
type Telling = 'tracing' | TraceMissing['why'];

export interface TraceJoinOptions {
  readonly clock: Clock;
  /** Packets to number. */
  readonly count: number;
  tellingOf(host: string): Telling;
  settled(packet: JoinedPacket): void;
}

/**
 * Joins what the sender's host and the receiver's host tell of one packet, by its digest. The sender's host says
 * which packets there are; what the receiver's host tells of others is forgotten. Equal packets join in order.
 */
export class TraceJoin {
  readonly #options: TraceJoinOptions;
  /** By `host/digest` of the host that has not told yet. */
  readonly #pending = new Map<string, Pending[]>();
  /** What a receiver told before the sender did, oldest first. */
  readonly #early = new Set<{ readonly key: string; readonly report: TraceReport; readonly at: number }>();
  /** How few packets a host told of lately. */
  readonly #sampleBits = new Map<string, { readonly bits: number; readonly at: number }>();
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

  send(sent: TraceReport): void {
    if (this.isFull) return;
    const number = ++this.#numbered;
    if (sent.verdict !== 'send') return this.#settle({ number, sent, received: undefined, missing: undefined });
    const early = this.#takeEarly(keyOf(sent.to, sent));
    if (early !== undefined) return this.#settle({ number, sent, received: early, missing: undefined });
    const telling = this.#options.tellingOf(sent.to);
    if (telling === 'tracing') this.#wait(number, sent);
    else this.#settle({ number, sent, received: undefined, missing: { host: sent.to, why: telling } });
  }

  receive(host: string, received: TraceReport): void {
    this.#noteSampleBits(host, received.sampleBits);
    const key = keyOf(host, received);
    const [first] = this.#pending.get(key) ?? [];
    if (first === undefined) return this.#keepEarly(key, received);
    const { number, sent } = first;
    this.#forget(key, first);
    this.#settle({ number, sent, received, missing: undefined });
  }

  stop(): void {
    for (const pending of this.#pending.values()) for (const { cancel } of pending) cancel();
    this.#pending.clear();
  }

  #wait(number: number, sent: TraceReport): void {
    const key = keyOf(sent.to, sent);
    const cancel = this.#options.clock.after(TRACE_MISSING_MS, () => {
      this.#forget(key, pending);
      this.#settle({ number, sent, received: undefined, missing: { host: sent.to, why: this.#whyMissing(sent) } });
    });
    const pending: Pending = { number, sent, cancel };
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

  #settle(packet: JoinedPacket): void {
    this.#options.settled(packet);
  }

  #whyMissing({ to, digest }: TraceReport): TraceMissing['why'] {
    const telling = this.#options.tellingOf(to);
    if (telling !== 'tracing') return telling;
    return sampleLevel(digest) < (this.#sampleBits.get(to)?.bits ?? 0) ? 'left-out' : 'unseen';
  }

  /** The most of the last TRACE_MISSING_MS and more. */
  #noteSampleBits(host: string, bits: number): void {
    const now = this.#options.clock.now();
    const known = this.#sampleBits.get(host);
    const isOver = known === undefined || now - known.at > TRACE_MISSING_MS;
    if (isOver || bits >= known.bits) this.#sampleBits.set(host, { bits, at: now });
  }

  #keepEarly(key: string, report: TraceReport): void {
    this.#early.add({ key, report, at: this.#options.clock.now() });
    const [oldest] = this.#early;
    if (this.#early.size > MAX_EARLY_REPORTS && oldest !== undefined) this.#early.delete(oldest);
  }

  #takeEarly(key: string): TraceReport | undefined {
    const since = this.#options.clock.now() - TRACE_MISSING_MS;
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

function keyOf(host: string, { digest }: TraceReport): string {
  return `${host}/${digest}`;
}
