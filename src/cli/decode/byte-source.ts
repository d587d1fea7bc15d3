const NO_BYTES = new Uint8Array(0);

/** Cuts a stream of chunks of any size into pieces of the sizes that a reader asks for. */
export class ByteSource {
  readonly #chunks: AsyncIterator<Uint8Array>;
  #held: Uint8Array = NO_BYTES;

  constructor(chunks: AsyncIterable<Uint8Array>) {
    this.#chunks = chunks[Symbol.asyncIterator]();
  }

  /** Whether the stream ends exactly here. */
  async isAtEnd(): Promise<boolean> {
    await this.#fill(1);
    return this.#held.length === 0;
  }

  /** The next `length` bytes, or `undefined` where the stream ends before. Holds no more than these and a chunk. */
  async take(length: number): Promise<Uint8Array | undefined> {
    if (this.#held.length < length) await this.#fill(length);
    if (this.#held.length < length) return undefined;
    const taken = this.#held.subarray(0, length);
    this.#held = this.#held.subarray(length);
    return taken;
  }

  /** Passes over `length` bytes without holding them; false where the stream ends before. */
  async skip(length: number): Promise<boolean> {
    let left = length;
    while (left > 0) {
      await this.#fill(1);
      if (this.#held.length === 0) return false;
      const passed = Math.min(left, this.#held.length);
      this.#held = this.#held.subarray(passed);
      left -= passed;
    }
    return true;
  }

  async #fill(length: number): Promise<void> {
    if (this.#held.length >= length) return;
    const parts = [this.#held];
    let total = this.#held.length;
    while (total < length) {
      const next = await this.#chunks.next();
      if (next.done) break;
      parts.push(next.value);
      total += next.value.length;
    }
    this.#held = joined(parts, total);
  }
}

function joined(parts: readonly Uint8Array[], total: number): Uint8Array {
  const whole = new Uint8Array(total);
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
