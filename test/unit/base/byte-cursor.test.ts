import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ByteReader, ByteWriter } from '../../../src/base/byte-cursor.ts';
import { DecodeError } from '../../../src/base/errors.ts';

const FIELDS = [
  ['uint8', 1],
  ['uint16', 2],
  ['uint24', 3],
  ['uint32', 4],
] as const;

describe.each(FIELDS)('%s', (name, size) => {
  const bytes = Uint8Array.from([0xfe, 0xdc, 0xba, 0x98]).subarray(0, size);
  const value = 0xfedcba98 >>> (32 - 8 * size);

  it('is big-endian', () => {
    expect(new ByteReader(bytes)[name]()).toBe(value);
    const written = new Uint8Array(size).fill(0xa5);
    new ByteWriter(written)[name](value);
    expect(written).toEqual(bytes);
  });

  it('is not read past the end, and reading on is still refused', () => {
    for (let length = 0; length < size; length++) {
      const reader = new ByteReader(bytes.subarray(0, length));
      expect(() => reader[name]()).toThrow(DecodeError);
      expect(reader.remaining).toBe(length);
      expect(() => reader[name]()).toThrow(DecodeError);
    }
  });

  it('is not written where it does not fit, and nothing is changed', () => {
    for (let length = 0; length < size; length++) {
      const target = new Uint8Array(size).fill(0xa5);
      const writer = new ByteWriter(target.subarray(0, length));
      expect(() => writer[name](value)).toThrow(RangeError);
      expect(writer.offset).toBe(0);
      expect(target).toEqual(new Uint8Array(size).fill(0xa5));
    }
  });

  it('takes whole numbers of its range only', () => {
    const writer = new ByteWriter(new Uint8Array(64));
    for (const wrong of [-1, 2 ** (8 * size), 0.5, Number.NaN, Infinity]) {
      expect(() => writer[name](wrong)).toThrow(RangeError);
    }
    expect(writer.offset).toBe(0);
    writer[name](0)[name](2 ** (8 * size) - 1);
    expect(writer.offset).toBe(2 * size);
  });
});

describe('a slice', () => {
  it('is a view of what comes next', () => {
    const bytes = Uint8Array.from([1, 2, 3, 4]);
    const reader = new ByteReader(bytes.subarray(1));
    reader.uint8();
    const slice = reader.slice(2);
    expect(slice).toEqual(Uint8Array.from([3, 4]));
    bytes[2] = 9;
    expect(slice[0]).toBe(9);
    expect(reader.remaining).toBe(0);
  });

  it('may be empty, and not longer than what is left', () => {
    const reader = new ByteReader(new Uint8Array(2));
    expect(reader.slice(0)).toHaveLength(0);
    expect(() => reader.slice(3)).toThrow(DecodeError);
    expect(reader.slice(2)).toHaveLength(2);
    expect(() => reader.slice(1)).toThrow(DecodeError);
  });
});

it('bytes are written as they are, or not at all', () => {
  const target = new Uint8Array(4);
  const writer = new ByteWriter(target).uint8(7).bytes(Uint8Array.from([8, 9]));
  expect(() => writer.bytes(new Uint8Array(2))).toThrow(RangeError);
  expect(writer.offset).toBe(3);
  expect(target).toEqual(Uint8Array.from([7, 8, 9, 0]));
});

it('reads back any sequence of fields that was written', () => {
  const field = fc.constantFrom(...FIELDS).chain(([name, size]) =>
    fc.record({
      name: fc.constant(name),
      size: fc.constant(size),
      value: fc.integer({ min: 0, max: 2 ** (8 * size) - 1 }),
    }),
  );
  const check = (fields: readonly { name: (typeof FIELDS)[number][0]; size: number; value: number }[]) => {
    const bytes = new Uint8Array(fields.reduce((sum, { size }) => sum + size, 0));
    const writer = new ByteWriter(bytes);
    for (const { name, value } of fields) writer[name](value);
    expect(writer.offset).toBe(bytes.length);
    const reader = new ByteReader(bytes);
    for (const { name, value } of fields) expect(reader[name]()).toBe(value);
    expect(reader.remaining).toBe(0);
  };
  fc.assert(fc.property(fc.array(field), check));
});
