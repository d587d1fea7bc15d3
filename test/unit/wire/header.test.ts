import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DecodeError } from '../../../src/base/errors.ts';
import { ENVELOPE_BYTES, MAX_HEADER_BYTES, readHeaderLength } from '../../../src/wire/envelope.ts';
import { FRAMEWORKS } from '../../../src/wire/frameworks.ts';
import { decodeHeader, encodeHeader, type Header } from '../../../src/wire/header.ts';
import { anyBodyOf, mutated } from './bodies.ts';
import { runs } from '../../kit/runs.ts';

const anyHeader = fc
  .constantFrom(...FRAMEWORKS)
  .chain((framework) => anyBodyOf(framework).map((body) => encodeHeader(framework, body)));

const anyDatagram = fc.tuple(anyHeader, fc.uint8Array({ maxLength: 30 })).map(([header, packet]) => {
  return new Uint8Array([...header, ...packet]);
});

function decoded(bytes: Uint8Array): Header | undefined {
  try {
    return decodeHeader(bytes);
  } catch (error) {
    expect(error).toBeInstanceOf(DecodeError);
    return undefined;
  }
}

describe('envelope and body', () => {
  it('come back from a datagram, and say where the guest packet begins', () => {
    const cases = fc.constantFrom(...FRAMEWORKS).chain((framework) => {
      return fc.tuple(fc.constant(framework), anyBodyOf(framework), fc.uint8Array({ maxLength: 30 }));
    });
    fc.assert(
      fc.property(cases, ([framework, body, packet]) => {
        const header = encodeHeader(framework, body);
        const datagram = new Uint8Array([...header, ...packet]);
        expect(decodeHeader(datagram)).toEqual({ framework, body, headerLength: header.length });
        expect(readHeaderLength(datagram)).toBe(header.length);
      }),
    );
  });

  it('of any bytes are a DecodeError or encode to the same bytes', () => {
    const bytes = fc.oneof(fc.uint8Array({ maxLength: 60 }), mutated(anyHeader), mutated(anyDatagram));
    fc.assert(
      fc.property(bytes, (input) => {
        const header = decoded(input);
        if (header === undefined) return;
        const { framework, body, headerLength } = header;
        expect(encodeHeader(framework, body)).toEqual(new Uint8Array(input.subarray(0, headerLength)));
        expect(readHeaderLength(input)).toBe(headerLength);
      }),
      { numRuns: runs(3000) },
    );
  });

  it('are a DecodeError in every truncation', () => {
    fc.assert(
      fc.property(anyHeader, (header) => {
        for (let length = 0; length < header.length; length++) {
          expect(() => decodeHeader(header.subarray(0, length))).toThrow(DecodeError);
          expect(readHeaderLength(header.subarray(0, length))).toBeUndefined();
        }
      }),
    );
  });
});

describe('the envelope', () => {
  const [framework] = FRAMEWORKS;
  const body = { sourceGni: 1001, destinationGni: 1001, agreement: 7, labels: [] };
  const header = framework ? encodeHeader(framework, body) : new Uint8Array(0);

  function changed(at: number, value: number, length = header.length): Uint8Array {
    const bytes = new Uint8Array(length);
    bytes.set(header);
    bytes[at] = value;
    return bytes;
  }

  it.each(Array.from({ length: 8 }, (_, bit) => 1 << bit))('rejects flag %i, which nothing sends', (flag) => {
    expect(() => decodeHeader(changed(1, flag))).toThrow(/flags 0x[0-9a-f]{2} are not in use/);
    expect(readHeaderLength(changed(1, flag))).toBeUndefined();
  });

  it.each([0, 4, 255])('rejects framework number %i', (number) => {
    expect(() => decodeHeader(changed(0, number))).toThrow(`unknown framework number ${number}`);
    expect(readHeaderLength(changed(0, number))).toBeUndefined();
  });

  it.each([0, ENVELOPE_BYTES, MAX_HEADER_BYTES + 1])('rejects header length %i', (length) => {
    const bytes = changed(3, length, 200);
    expect(() => decodeHeader(bytes)).toThrow(`header length ${length}`);
    expect(readHeaderLength(bytes)).toBeUndefined();
  });

  it('rejects a header length beyond the datagram', () => {
    expect(readHeaderLength(changed(3, header.length + 1))).toBeUndefined();
    expect(readHeaderLength(changed(2, 1, 200))).toBeUndefined();
  });
});
