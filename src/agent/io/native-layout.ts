/** What is where in the memory shared with the native worker: the twin of shared_memory.h, counters.h and ring.h. */
import { RING_DATA_OFFSET, RingReader, RingWriter } from './record-ring.ts';

/** Bytes of data of each ring: some 1,400 full-size packets, or 20 ms at 800 Mbit/s. */
export const RING_CAPACITY = 2 << 20;

const COUNTER_PAGE_BYTES = 4096;

/** The order of the 64-bit counters in the page. */
const COUNTERS = [
  'guestPacketsIn',
  'guestBytesIn',
  'guestPacketsOut',
  'guestBytesOut',
  'underlayPacketsIn',
  'underlayBytesIn',
  'underlayPacketsOut',
  'underlayBytesOut',
  'inRingFull',
  'guestWriteDropped',
  'underlaySendDropped',
  'underlayTooLong',
  'socketOverflow',
  'wakeups',
] as const;

/** The worker's rounds stand behind the counters: they say that it lives, and nothing about packets. */
const ROUNDS = COUNTERS.length;

type NativeCounters = Readonly<Record<(typeof COUNTERS)[number], number>>;

export interface SharedMemory {
  readonly inRing: RingReader;
  readonly outRing: RingWriter;
  counters(): NativeCounters;
  rounds(): bigint;
}

export function mapSharedMemory(memory: ArrayBuffer): SharedMemory {
  const page = new BigUint64Array(memory, 0, COUNTERS.length + 1);
  const inRing = new RingReader(memory, COUNTER_PAGE_BYTES, RING_CAPACITY);
  const outRing = new RingWriter(memory, COUNTER_PAGE_BYTES + RING_DATA_OFFSET + RING_CAPACITY, RING_CAPACITY);
  const counters = () => {
    const entries = COUNTERS.map((name, index) => [name, Number(page[index])] as const);
    return Object.fromEntries(entries) as NativeCounters;
  };
  const rounds = () => Atomics.load(page, ROUNDS);
  return { inRing, outRing, counters, rounds };
}
