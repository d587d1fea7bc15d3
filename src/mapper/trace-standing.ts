import type { TraceMissing } from '../admin/trace-documents.ts';
import { sampleLevel } from '../control/sampling.ts';
import type { TraceState } from '../control/trace-messages.ts';
import { TRACE_FLIGHT_MS, TRACE_MISSING_MS } from './limits.ts';

/**
 * How one host keeps up with a trace, by what it says of itself in one session. Times are the daemon's own: a host says
 * a state only after the daemon took the one before, so all that passed before that one is told where nothing waits.
 */
export class TraceStanding {
  #isRefused = false;
  /** When it first said that it watches. */
  #since = Infinity;
  #lastStateAt = -Infinity;
  /** Everything that it saw until then, and did not leave out, has arrived. */
  #allToldUntil = -Infinity;
  #leftOut = 0;
  #leftOutAt = -Infinity;
  #sampleBits = 0;
  #sampleBitsAt = -Infinity;

  get isRefused(): boolean {
    return this.#isRefused;
  }

  take({ isRefused, untoldMs, leftOut, sampleBits }: TraceState, now: number): void {
    this.#isRefused = isRefused;
    this.#since = isRefused ? Infinity : Math.min(this.#since, now);
    this.#allToldUntil = isRefused ? -Infinity : this.#lastStateAt - untoldMs;
    this.#lastStateAt = isRefused ? -Infinity : now;
    if (leftOut !== this.#leftOut) this.leaveOut(now);
    this.#leftOut = leftOut;
    this.noteSampleBits(sampleBits, now);
  }

  /** Something that it saw is told no more, or forgotten here. */
  leaveOut(now: number): void {
    this.#leftOutAt = now;
  }

  /** Keeps the most of the last TRACE_MISSING_MS and more. */
  noteSampleBits(bits: number, now: number): void {
    const isOver = now - this.#sampleBitsAt > TRACE_MISSING_MS;
    if (!isOver && bits < this.#sampleBits) return;
    this.#sampleBits = bits;
    this.#sampleBitsAt = now;
  }

  /** Why it has not told of a packet that another host told of at `sentAt`: `unseen` only where it would have. */
  whyMissing(digest: string, sentAt: number): TraceMissing['why'] {
    if (this.#isRefused) return 'refused';
    if (this.#since > sentAt) return 'not-asked';
    if (this.#leftOutAt >= sentAt - TRACE_MISSING_MS || sampleLevel(digest) < this.#sampleBits) return 'left-out';
    return this.#allToldUntil < sentAt + TRACE_FLIGHT_MS ? 'untold' : 'unseen';
  }
}
