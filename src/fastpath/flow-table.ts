import { KEY_WORDS } from './flow-key.ts';

/** What an entry is: FREE slots are in the free list, PENDING ones wait for a decision. */
export const FREE = 0;
export const PENDING = 1;
export const ACTIVE = 2;

/** In `action` of a pending entry that no upcall stands for yet. */
export const NO_UPCALL = 0;

/** Entries looked at before one is evicted; bounds the cost of an insertion. */
const EVICTION_SCAN = 64;
const NONE = -1;

export interface FlowTableOptions {
  /** Flows in all. */
  readonly capacity: number;
  /** Flows of one port or ingress context. */
  readonly quota: number;
  /** Random, so that nobody can aim at one hash bucket. */
  readonly seed: number;
  /** Called before a slot is freed, to give back what its entry refers to. */
  readonly onRemove: (slot: number) => void;
}

interface Ingress {
  flows: number;
  /** One entry of the ingress's ring, where the next search for a victim begins. */
  hand: number;
}

/**
 * Flow entries in fixed arrays: a chained hash table whose entries also stand in a ring per ingress. An
 * ingress at its quota evicts from its own entries; a full table from the ingress that has the most,
 * so that a few with many cannot keep others from having any.
 */
export class FlowTable {
  readonly capacity: number;
  readonly keys: Uint32Array;
  readonly state: Uint8Array;
  /** Number of the entry's action, or of its upcall while it is pending. */
  readonly action: Int32Array;
  readonly dependencies: Int32Array;
  readonly generation: Uint32Array;
  readonly validUntil: Float64Array;
  readonly maxLength: Uint16Array;
  readonly lastUsed: Float64Array;
  readonly packets: Float64Array;
  readonly bytes: Float64Array;
  /** Entries evicted to make room for others. */
  evictions = 0;

  readonly #options: FlowTableOptions;
  readonly #buckets: Int32Array;
  readonly #nextInBucket: Int32Array;
  readonly #ringNext: Int32Array;
  readonly #ringPrevious: Int32Array;
  /** Last use at which the eviction hand passed an entry: unchanged means idle for a whole turn. */
  readonly #handSaw: Float64Array;
  readonly #ingresses = new Map<number, Ingress>();
  #freeHead = 0;
  #size = 0;

  constructor(options: FlowTableOptions) {
    const { capacity } = options;
    this.#options = options;
    this.capacity = capacity;
    this.keys = new Uint32Array(capacity * KEY_WORDS);
    this.state = new Uint8Array(capacity);
    this.action = new Int32Array(capacity);
    this.dependencies = new Int32Array(capacity);
    this.generation = new Uint32Array(capacity);
    this.validUntil = new Float64Array(capacity);
    this.maxLength = new Uint16Array(capacity);
    this.lastUsed = new Float64Array(capacity);
    this.packets = new Float64Array(capacity);
    this.bytes = new Float64Array(capacity);
    this.#buckets = new Int32Array(2 ** Math.ceil(Math.log2(capacity))).fill(NONE);
    this.#nextInBucket = Int32Array.from({ length: capacity }, (_, slot) => (slot + 1 < capacity ? slot + 1 : NONE));
    this.#ringNext = new Int32Array(capacity);
    this.#ringPrevious = new Int32Array(capacity);
    this.#handSaw = new Float64Array(capacity);
  }

  get size(): number {
    return this.#size;
  }

  flowsOf(ingress: number): number {
    return this.#ingresses.get(ingress)?.flows ?? 0;
  }

  find(key: Uint32Array): number {
    let slot = this.#buckets[this.#bucketOf(key, 0)] ?? NONE;
    while (slot !== NONE && !this.#hasKey(slot, key)) slot = this.#nextInBucket[slot] ?? NONE;
    return slot;
  }

  /** A new pending entry; -1 where no slot can be had. */
  insert(key: Uint32Array, now: number): number {
    const ingress = key[0] ?? 0;
    const isAtQuota = this.flowsOf(ingress) >= this.#options.quota;
    if (isAtQuota && !this.#evictFrom(ingress)) return NONE;
    if (this.#freeHead === NONE && !this.#evictFrom(this.#largestOr(ingress))) return NONE;
    const slot = this.#freeHead;
    this.#freeHead = this.#nextInBucket[slot] ?? NONE;
    this.keys.set(key, slot * KEY_WORDS);
    this.state[slot] = PENDING;
    this.action[slot] = NO_UPCALL;
    this.lastUsed[slot] = now;
    this.#handSaw[slot] = NONE;
    this.packets[slot] = 0;
    this.bytes[slot] = 0;
    const bucket = this.#bucketOf(key, 0);
    this.#nextInBucket[slot] = this.#buckets[bucket] ?? NONE;
    this.#buckets[bucket] = slot;
    this.#enterRing(slot, ingress);
    this.#size++;
    return slot;
  }

  remove(slot: number): void {
    this.#options.onRemove(slot);
    this.#leaveBucket(slot);
    this.#leaveRing(slot);
    this.state[slot] = FREE;
    this.#nextInBucket[slot] = this.#freeHead;
    this.#freeHead = slot;
    this.#size--;
  }

  /** Removes active entries idle since before `since`; returns how many. */
  removeIdle(since: number): number {
    let removed = 0;
    for (let slot = 0; slot < this.capacity; slot++) {
      if (this.state[slot] !== ACTIVE || (this.lastUsed[slot] ?? 0) >= since) continue;
      this.remove(slot);
      removed++;
    }
    return removed;
  }

  /** Removes every entry of an ingress. */
  removeIngress(ingress: number): void {
    for (let found = this.#ingresses.get(ingress); found !== undefined; found = this.#ingresses.get(ingress)) {
      this.remove(found.hand);
    }
  }

  /** At most `limit` slots in use, the most recently used first. */
  mostRecent(limit: number): number[] {
    const slots: number[] = [];
    for (let slot = 0; slot < this.capacity; slot++) if (this.state[slot] !== FREE) slots.push(slot);
    return slots.toSorted((a, b) => (this.lastUsed[b] ?? 0) - (this.lastUsed[a] ?? 0)).slice(0, limit);
  }

  /** The ingress with the most flows, if it has more than this one would have; else this one. */
  #largestOr(ingress: number): number {
    let largest = ingress;
    let flows = this.flowsOf(ingress) + 1;
    for (const [other, ring] of this.#ingresses) {
      if (ring.flows <= flows) continue;
      largest = other;
      flows = ring.flows;
    }
    return largest;
  }

  #evictFrom(ingress: number): boolean {
    const ring = this.#ingresses.get(ingress);
    if (ring === undefined) return false;
    for (let scanned = 0; scanned < EVICTION_SCAN; scanned++) {
      const slot = ring.hand;
      ring.hand = this.#ringNext[slot] ?? slot;
      const isIdle = this.#handSaw[slot] === this.lastUsed[slot];
      this.#handSaw[slot] = this.lastUsed[slot] ?? 0;
      if (this.state[slot] !== ACTIVE || (!isIdle && scanned + 1 < EVICTION_SCAN)) continue;
      this.remove(slot);
      this.evictions++;
      return true;
    }
    return false;
  }

  #enterRing(slot: number, ingress: number): void {
    const ring = this.#ingresses.get(ingress);
    if (ring === undefined) {
      this.#ringNext[slot] = slot;
      this.#ringPrevious[slot] = slot;
      this.#ingresses.set(ingress, { flows: 1, hand: slot });
      return;
    }
    const next = ring.hand;
    const previous = this.#ringPrevious[next] ?? next;
    this.#ringNext[slot] = next;
    this.#ringPrevious[slot] = previous;
    this.#ringNext[previous] = slot;
    this.#ringPrevious[next] = slot;
    ring.flows++;
  }

  #leaveRing(slot: number): void {
    const ingress = this.keys[slot * KEY_WORDS] ?? 0;
    const ring = this.#ingresses.get(ingress);
    if (ring === undefined) return;
    const next = this.#ringNext[slot] ?? slot;
    const previous = this.#ringPrevious[slot] ?? slot;
    this.#ringNext[previous] = next;
    this.#ringPrevious[next] = previous;
    if (ring.hand === slot) ring.hand = next;
    if (--ring.flows === 0) this.#ingresses.delete(ingress);
  }

  #leaveBucket(slot: number): void {
    const bucket = this.#bucketOf(this.keys, slot * KEY_WORDS);
    let at = this.#buckets[bucket] ?? NONE;
    if (at === slot) {
      this.#buckets[bucket] = this.#nextInBucket[slot] ?? NONE;
      return;
    }
    while (this.#nextInBucket[at] !== slot) at = this.#nextInBucket[at] ?? NONE;
    this.#nextInBucket[at] = this.#nextInBucket[slot] ?? NONE;
  }

  #hasKey(slot: number, key: Uint32Array): boolean {
    const start = slot * KEY_WORDS;
    for (let word = 0; word < KEY_WORDS; word++) if (this.keys[start + word] !== key[word]) return false;
    return true;
  }

  /** A seeded multiply-and-rotate mix of the key's words (the finaliser is MurmurHash3's, public domain). */
  #bucketOf(words: Uint32Array, start: number): number {
    let hash = this.#options.seed;
    for (let word = start; word < start + KEY_WORDS; word++) {
      hash = Math.imul(hash ^ (words[word] ?? 0), 0x9e3779b1);
      hash = (hash << 13) | (hash >>> 19);
    }
    hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
    hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
    return (hash ^ (hash >>> 16)) & (this.#buckets.length - 1);
  }
}
