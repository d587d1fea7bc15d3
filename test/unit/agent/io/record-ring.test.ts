import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { RECORD_KIND, RING_DATA_OFFSET, RingReader, RingWriter } from '../../../../src/agent/io/record-ring.ts';

const CAPACITY = 1024;
/** The ring does not start where its memory does. */
const OFFSET = 128;

function makeRing(position = 0) {
  const memory = new ArrayBuffer(OFFSET + RING_DATA_OFFSET + CAPACITY);
  const control = new Int32Array(memory, OFFSET, RING_DATA_OFFSET / 4);
  control[0] = position;
  control[16] = position;
  const writer = new RingWriter(memory, OFFSET, CAPACITY);
  const reader = new RingReader(memory, OFFSET, CAPACITY);
  return { memory, control, writer, reader };
}

function readAll(reader: RingReader) {
  const records = [];
  for (let record = reader.next(); record !== undefined; record = reader.next()) {
    records.push({ ...record, payload: [...record.payload] });
  }
  reader.release();
  return records;
}

const record = fc.record({
  kind: fc.integer({ min: 1, max: 255 }),
  detail: fc.integer({ min: 0, max: 255 }),
  port: fc.integer({ min: 0, max: 65535 }),
  id: fc.integer({ min: 0, max: 0xffffffff }),
  first: fc.uint8Array({ maxLength: 150 }),
  second: fc.option(fc.uint8Array({ maxLength: 150 }), { nil: undefined }),
});

describe('a ring', () => {
  test('gives back what was written, in order, at any position', () => {
    const position = fc.integer({ min: -(2 ** 27), max: 2 ** 27 - 1 }).map((at) => at * 16);
    const nearTheWrap = fc.integer({ min: -80, max: 80 }).map((at) => (2 ** 31 + at * 16) | 0);
    const batches = fc.array(fc.array(record, { maxLength: 12 }), { maxLength: 30 });
    fc.assert(
      fc.property(fc.oneof(position, nearTheWrap), batches, (start, rounds) => {
        const { writer, reader } = makeRing(start);
        for (const round of rounds) {
          const accepted = round.filter(({ kind, detail, port, id, first, second }) => {
            return writer.write(kind, detail, port, id, first, second);
          });
          writer.publish();
          const wanted = accepted.map(({ kind, detail, port, id, first, second }) => {
            return { kind, detail, port, id, extra: 0, payload: [...first, ...(second ?? [])] };
          });
          expect(readAll(reader)).toEqual(wanted);
        }
      }),
    );
  });

  test('shows nothing before it is published', () => {
    const { writer, reader } = makeRing();
    writer.write(RECORD_KIND.guest, 0, 0, 1, Uint8Array.of(1));
    expect(reader.next()).toBeUndefined();
    writer.publish();
    expect(reader.next()?.id).toBe(1);
  });

  test('has the layout that native/core/ring.h documents', () => {
    const { memory, control, writer } = makeRing();
    writer.write(RECORD_KIND.underlay, 3, 7790, 0xc0000201, Uint8Array.of(1, 2), Uint8Array.of(3));
    writer.publish();
    const words = new Uint32Array(memory, OFFSET + RING_DATA_OFFSET, 4);
    expect([...words]).toEqual([3, 2 + 3 * 2 ** 8 + 7790 * 2 ** 16, 0xc0000201, 0]);
    expect([...new Uint8Array(memory, OFFSET + RING_DATA_OFFSET + 16, 3)]).toEqual([1, 2, 3]);
    expect(control[0]).toBe(32);
  });

  test('refuses what does not fit until space is released', () => {
    const { writer, reader } = makeRing();
    const payload = new Uint8Array(112); // 128 bytes with its header: eight fill the ring
    const write = () => writer.write(RECORD_KIND.guest, 0, 0, 0, payload);
    const accepted = Array.from({ length: 10 }, write);
    expect(accepted.filter(Boolean)).toHaveLength(8);
    writer.publish();
    reader.next();
    expect(write()).toBe(false);
    reader.release();
    expect(write()).toBe(true);
    expect(write()).toBe(false);
  });

  test('refuses a record larger than itself', () => {
    const { writer } = makeRing();
    expect(writer.write(RECORD_KIND.guest, 0, 0, 0, new Uint8Array(CAPACITY - 15))).toBe(false);
    expect(writer.write(RECORD_KIND.guest, 0, 0, 0, new Uint8Array(CAPACITY - 16))).toBe(true);
  });
});

describe('sleep', () => {
  test('the producer is told once that the consumer must be woken', () => {
    const { writer, reader } = makeRing();
    expect(reader.trySleep()).toBe(true);
    expect(writer.publish()).toBe(false);
    writer.write(RECORD_KIND.guest, 0, 0, 0, new Uint8Array());
    expect(writer.publish()).toBe(true);
    writer.write(RECORD_KIND.guest, 0, 0, 0, new Uint8Array());
    expect(writer.publish()).toBe(false);
  });

  test('is refused while there is something to read', () => {
    const { writer, reader } = makeRing();
    writer.write(RECORD_KIND.guest, 0, 0, 0, new Uint8Array());
    writer.publish();
    expect(reader.trySleep()).toBe(false);
    writer.write(RECORD_KIND.guest, 0, 0, 0, new Uint8Array());
    expect(writer.publish()).toBe(false);
    readAll(reader);
    expect(reader.trySleep()).toBe(true);
  });
});
