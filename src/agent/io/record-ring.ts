/**
 * The two ends of a ring of records in memory shared with the native worker. The layout, and the way
 * a sleeping consumer is woken without losing a wake-up, are described in native/core/ring.h. Words
 * are in the machine's byte order on both sides.
 */

export const RECORD_KIND = {
  wrap: 0,
  guest: 1,
  underlay: 2,
  opened: 3,
  refused: 4,
  lost: 5,
  fault: 6,
} as const;

/** Bytes of control words before the data. */
export const RING_DATA_OFFSET = 192;

const HEAD = 0;
const TAIL = 64 / 4;
const SLEEP = 128 / 4;
const HEADER_BYTES = 16;
const ALIGNMENT = 16;

function recordSize(payload: number): number {
  return (HEADER_BYTES + payload + ALIGNMENT - 1) & -ALIGNMENT;
}

/** A record that was read; `payload` aliases the ring and is valid until `release`. */
export interface RingRecord {
  readonly kind: number;
  /** 0 to 255. */
  readonly detail: number;
  /** 0 to 65535. */
  readonly port: number;
  readonly id: number;
  readonly extra: number;
  readonly payload: Uint8Array;
}

/** The producer's end. `capacity` is a power of two; the memory was zeroed, or left so by earlier ends. */
export class RingWriter {
  readonly #control: Int32Array;
  readonly #words: Uint32Array;
  readonly #bytes: Uint8Array;
  readonly #capacity: number;
  #head: number;
  #published: number;

  constructor(memory: ArrayBuffer, offset: number, capacity: number) {
    this.#control = new Int32Array(memory, offset, RING_DATA_OFFSET / 4);
    this.#words = new Uint32Array(memory, offset + RING_DATA_OFFSET, capacity / 4);
    this.#bytes = new Uint8Array(memory, offset + RING_DATA_OFFSET, capacity);
    this.#capacity = capacity;
    this.#head = Atomics.load(this.#control, HEAD);
    this.#published = this.#head;
  }

  /** Adds a record whose payload is `first` followed by `second`, unpublished; false if the ring is full. */
  write(kind: number, detail: number, port: number, id: number, first: Uint8Array, second?: Uint8Array): boolean {
    const length = first.length + (second?.length ?? 0);
    const size = recordSize(length);
    const toEnd = this.#capacity - (this.#head & (this.#capacity - 1));
    const skipped = size > toEnd ? toEnd : 0;
    if (!this.#hasRoom(skipped + size)) return false;
    if (skipped > 0) this.#append(skipped, skipped - HEADER_BYTES, RECORD_KIND.wrap, 0);
    const at = (this.#head & (this.#capacity - 1)) + HEADER_BYTES;
    this.#bytes.set(first, at);
    if (second !== undefined) this.#bytes.set(second, at + first.length);
    this.#append(size, length, kind | (detail << 8) | (port << 16), id);
    return true;
  }

  /** Makes what was written visible; reports whether the consumer sleeps and must be woken. */
  publish(): boolean {
    if (this.#published === this.#head) return false;
    this.#published = this.#head;
    Atomics.store(this.#control, HEAD, this.#head);
    return Atomics.exchange(this.#control, SLEEP, 0) === 1;
  }

  #hasRoom(size: number): boolean {
    const used = (this.#head - Atomics.load(this.#control, TAIL)) >>> 0;
    return used + size <= this.#capacity;
  }

  #append(size: number, length: number, word: number, id: number): void {
    const at = (this.#head & (this.#capacity - 1)) >>> 2;
    this.#words[at] = length;
    this.#words[at + 1] = word;
    this.#words[at + 2] = id;
    this.#words[at + 3] = 0;
    this.#head = (this.#head + size) | 0;
  }
}

/** The consumer's end. The producer is trusted: it is our own native code. */
export class RingReader {
  readonly #control: Int32Array;
  readonly #words: Uint32Array;
  readonly #bytes: Uint8Array;
  readonly #capacity: number;
  #position: number;

  constructor(memory: ArrayBuffer, offset: number, capacity: number) {
    this.#control = new Int32Array(memory, offset, RING_DATA_OFFSET / 4);
    this.#words = new Uint32Array(memory, offset + RING_DATA_OFFSET, capacity / 4);
    this.#bytes = new Uint8Array(memory, offset + RING_DATA_OFFSET, capacity);
    this.#capacity = capacity;
    this.#position = Atomics.load(this.#control, TAIL);
  }

  /** The next record, or `undefined` where everything published was read. */
  next(): RingRecord | undefined {
    while (!this.#isDrained()) {
      const offset = this.#position & (this.#capacity - 1);
      const at = offset >>> 2;
      const length = this.#words[at] ?? 0;
      const word = this.#words[at + 1] ?? 0;
      this.#position = (this.#position + recordSize(length)) | 0;
      if ((word & 0xff) === RECORD_KIND.wrap) continue;
      const start = offset + HEADER_BYTES;
      return {
        kind: word & 0xff,
        detail: (word >>> 8) & 0xff,
        port: word >>> 16,
        id: this.#words[at + 2] ?? 0,
        extra: this.#words[at + 3] ?? 0,
        payload: this.#bytes.subarray(start, start + length),
      };
    }
    return undefined;
  }

  /** Gives back the space of every record read so far. */
  release(): void {
    Atomics.store(this.#control, TAIL, this.#position);
  }

  /** Asks to be woken; false if there is something to read, in which case nothing was asked. */
  trySleep(): boolean {
    Atomics.store(this.#control, SLEEP, 1);
    if (this.#isDrained()) return true;
    // If the producer was quicker it has taken the request and the wake-up comes; one too many does no harm.
    Atomics.store(this.#control, SLEEP, 0);
    return false;
  }

  #isDrained(): boolean {
    return Atomics.load(this.#control, HEAD) === this.#position;
  }
}
