import { DecodeError } from './errors.ts';

/**
 * Reads big-endian fields from a byte view; every read checks the length first and throws
 * `DecodeError` past the end. The view is borrowed: slices alias it.
 */
export class ByteReader {
  readonly #bytes: Uint8Array;
  #offset = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  get remaining(): number {
    return this.#bytes.length - this.#offset;
  }

  uint8(): number {
    return this.#unsigned(1);
  }

  uint16(): number {
    return this.#unsigned(2);
  }

  uint24(): number {
    return this.#unsigned(3);
  }

  uint32(): number {
    return this.#unsigned(4);
  }

  slice(length: number): Uint8Array {
    const start = this.#advance(length);
    return this.#bytes.subarray(start, start + length);
  }

  #unsigned(size: number): number {
    const start = this.#advance(size);
    let value = 0;
    for (let at = start; at < start + size; at++) value = value * 256 + (this.#bytes[at] ?? 0);
    return value;
  }

  #advance(length: number): number {
    if (length > this.remaining) {
      throw new DecodeError(`truncated: ${length} bytes wanted, ${this.remaining} left`);
    }
    const start = this.#offset;
    this.#offset += length;
    return start;
  }
}

/** Writes big-endian fields into a view that must be large enough; a write past its end is our bug. */
export class ByteWriter {
  readonly #bytes: Uint8Array;
  #offset = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  get offset(): number {
    return this.#offset;
  }

  uint8(value: number): this {
    return this.#unsigned(value, 1);
  }

  uint16(value: number): this {
    return this.#unsigned(value, 2);
  }

  uint24(value: number): this {
    return this.#unsigned(value, 3);
  }

  uint32(value: number): this {
    return this.#unsigned(value, 4);
  }

  bytes(value: Uint8Array): this {
    this.#require(value.length);
    this.#bytes.set(value, this.#offset);
    this.#offset += value.length;
    return this;
  }

  #unsigned(value: number, size: number): this {
    if (!Number.isInteger(value) || value < 0 || value >= 256 ** size) {
      throw new RangeError(`${value} does not fit in ${size} bytes`);
    }
    this.#require(size);
    for (let shift = size - 1; shift >= 0; shift--) {
      this.#bytes[this.#offset++] = Math.floor(value / 256 ** shift) % 256;
    }
    return this;
  }

  #require(length: number): void {
    if (this.#offset + length > this.#bytes.length) throw new RangeError('write past the end of the buffer');
  }
}
