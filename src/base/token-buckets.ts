export interface TokenBucketsOptions {
  /** Tokens that a full bucket holds, and that come back each second. */
  readonly burst: number;
  readonly perSecond: number;
}

interface Bucket {
  tokens: number;
  /** Until when `tokens` is counted, ms. */
  at: number;
}

/** One token bucket for each of those who share something. A full bucket is forgotten. */
export class TokenBuckets {
  #options: TokenBucketsOptions;
  readonly #buckets = new Map<number, Bucket>();

  constructor(options: TokenBucketsOptions) {
    this.#options = options;
  }

  /** Counts differently from now on; what a bucket holds beyond the new burst is lost. */
  setTerms(options: TokenBucketsOptions): void {
    this.#options = options;
  }

  /** Takes a token of `owner`; false when there is none. */
  take(owner: number, now: number): boolean {
    const bucket = this.#refilled(owner, now);
    this.#buckets.set(owner, bucket);
    if (bucket.tokens < 1) return false;
    bucket.tokens--;
    return true;
  }

  /** Forgets those who have everything they may have. */
  prune(now: number): void {
    for (const owner of this.#buckets.keys()) {
      if (this.#refilled(owner, now).tokens >= this.#options.burst) this.#buckets.delete(owner);
    }
  }

  #refilled(owner: number, now: number): Bucket {
    const { burst, perSecond } = this.#options;
    const bucket = this.#buckets.get(owner);
    if (bucket === undefined) return { tokens: burst, at: now };
    const back = ((now - bucket.at) / 1000) * perSecond;
    return { tokens: Math.min(burst, bucket.tokens + back), at: now };
  }
}
