import { MAX_SAMPLE_BITS } from '../../control/trace-messages.ts';

/** Packets are counted over so long, ms. */
export const SAMPLE_WINDOW_MS = 50;
/** Until the first window is over nobody knows how fast the flow is. */
const FIRST_BITS = 6;

/**
 * Chooses packets of one flow so that they do not become too many: those whose digest ends in `bits` zeros, more of
 * them the faster the flow is. What passes here passes in every other sampler that allows more.
 */
export class PacketSampler {
  readonly #perWindow: number;
  #bits = FIRST_BITS;
  #isFirstWindow = true;
  #highestBits = 0;
  #windowStart: number;
  #seen = 0;
  /** Since the window, or its last rise of `bits`, began. */
  #passed = 0;

  /** About `perWindow` packets pass in each SAMPLE_WINDOW_MS. */
  constructor(perWindow: number, now: number) {
    this.#perWindow = perWindow;
    this.#windowStart = now;
  }

  get bits(): number {
    return this.#bits;
  }

  /** The highest `bits` of a packet since `forgetHighest`, but for those of the first window, which is a beginning. */
  get highestBits(): number {
    return this.#highestBits;
  }

  forgetHighest(): void {
    this.#highestBits = 0;
  }

  /** `level` is how many zeros the digest ends in. */
  passes(level: number, now: number): boolean {
    if (now - this.#windowStart >= SAMPLE_WINDOW_MS) this.#nextWindow(now);
    this.#seen++;
    if (level >= this.#bits && this.#passed >= this.#perWindow && this.#bits < MAX_SAMPLE_BITS) {
      this.#bits++;
      this.#passed = 0;
    }
    if (!this.#isFirstWindow) this.#highestBits = Math.max(this.#highestBits, this.#bits);
    if (level < this.#bits) return false;
    this.#passed++;
    return true;
  }

  #nextWindow(now: number): void {
    this.#isFirstWindow = false;
    const windows = Math.floor((now - this.#windowStart) / SAMPLE_WINDOW_MS);
    // A window of which nothing was seen lies between.
    const surplus = windows > 1 ? 0 : this.#seen / this.#perWindow;
    this.#bits = surplus <= 1 ? 0 : Math.ceil(Math.log2(surplus));
    this.#windowStart += windows * SAMPLE_WINDOW_MS;
    this.#seen = 0;
    this.#passed = 0;
  }
}
