import fc from 'fast-check';
import protobuf from 'protobufjs';
import { describe, expect, it } from 'vitest';
import { DecodeError } from '../../../src/base/errors.ts';
import { udpPb10 } from '../../../src/wire/udp-pb-1-0.ts';
import { runs } from '../../kit/runs.ts';
import { anyBodyOf } from './bodies.ts';

const GOOD = '08e907 10d20f 1807';
const LABELLED = `${GOOD} 2203 01c801`;

function bytes(text: string): Uint8Array {
  return new Uint8Array(Buffer.from(text.replaceAll(' ', ''), 'hex'));
}

/** The message of the error that decoding `text` gives; it must be the one kind. */
function refusal(text: string): string {
  try {
    udpPb10.decodeBody(bytes(text));
  } catch (error) {
    expect(error).toBeInstanceOf(DecodeError);
    return (error as DecodeError).message;
  }
  throw new Error(`${text} was decoded`);
}

function varint(value: number, extra: number): number[] {
  const result: number[] = [];
  for (let rest = value; ; rest = Math.floor(rest / 128)) {
    if (rest < 128) {
      result.push(rest);
      break;
    }
    result.push((rest % 128) + 128);
  }
  for (let count = 0; count < extra; count++) {
    result.push(0);
    result[result.length - 2] = (result[result.length - 2] ?? 0) + 128;
  }
  return result;
}

describe('a body of udp-pb/1.0', () => {
  it('is what proto/header.proto says, read by a general protobuf library', () => {
    const Message = protobuf.loadSync('proto/header.proto').lookupType('netweft.header.v1.HeaderBody');
    fc.assert(
      fc.property(anyBodyOf(udpPb10), (body) => {
        const encoded = udpPb10.encodeBody(body);
        expect(new Uint8Array(Message.encode({ ...body }).finish())).toEqual(encoded);
        expect(Message.toObject(Message.decode(encoded), { arrays: true })).toEqual(body);
      }),
    );
  });

  it('is decoded from a part of a longer buffer, and does not alias it', () => {
    const buffer = Buffer.concat([Buffer.from([255]), bytes(LABELLED), Buffer.from([255])]);
    const body = udpPb10.decodeBody(buffer.subarray(1, -1));
    const encoded = udpPb10.encodeBody(body);
    buffer.fill(0);
    expect(body).toEqual({ sourceGni: 1001, destinationGni: 2002, agreement: 7, labels: [1, 200] });
    expect(encoded.buffer.byteLength).toBe(encoded.length);
  });

  it('has no other accepted form with longer varints, in another order or written twice', () => {
    const change = fc.record({
      keyExtra: fc.nat(3),
      extra: fc.nat(3),
      order: fc.shuffledSubarray([0, 1, 2], { minLength: 3 }),
      again: fc.option(fc.nat(2)),
    });
    fc.assert(
      fc.property(
        anyBodyOf(udpPb10),
        change,
        ({ sourceGni, destinationGni, agreement }, { order, again, ...longer }) => {
          const fields = [sourceGni, destinationGni, agreement].map((value, at) => [
            ...varint((at + 1) * 8, longer.keyExtra),
            ...varint(value, longer.extra),
          ]);
          const form = Uint8Array.from(
            [...order, ...(again === null ? [] : [again])].flatMap((at) => fields[at] ?? []),
          );
          const isCanonical = longer.keyExtra + longer.extra === 0 && order.join('') === '012' && again === null;
          if (isCanonical) expect(udpPb10.encodeBody(udpPb10.decodeBody(form))).toEqual(form);
          else expect(() => udpPb10.decodeBody(form)).toThrow(DecodeError);
        },
      ),
      { numRuns: runs(500) },
    );
  });

  it.each([
    ['an unknown field', `${GOOD} 2801`, 'not the canonical encoding from byte 8'],
    ['an unknown field between others', '08e907 2801 10d20f 1807', 'not the canonical encoding from byte 3'],
    ['a known field of another type', '0a02e907 10d20f 1807', 'not the canonical encoding from byte 0'],
    ['a group', `${GOOD} 2b2c`, 'not the canonical encoding from byte 8'],
    ['a longer varint than needed', '08e98700 10d20f 1807', 'not the canonical encoding from byte 2'],
    ['a GNI in ten bytes', '08e987808080808080 8000 10d20f 1807', 'not the canonical encoding'],
    ['a GNI of 33 bits', '08e987808010 10d20f 1807', 'not the canonical encoding'],
    ['a longer key than needed', '8800e907 10d20f 1807', 'not the canonical encoding from byte 0'],
    ['a longer length than needed', `${GOOD} 228300 01c801`, 'not the canonical encoding'],
    ['a longer label than needed', `${GOOD} 2202 8100`, 'not the canonical encoding'],
    ['fields in another order', '10d20f 08e907 1807', 'not the canonical encoding from byte 0'],
    ['labels first', '220101 08e907 10d20f 1807', 'not the canonical encoding from byte 0'],
    ['a field twice', '08e907 08e907 10d20f 1807', 'not the canonical encoding from byte 3'],
    ['labels twice', `${GOOD} 220101 220102`, 'not the canonical encoding'],
    ['labels that are not packed', `${GOOD} 2001 20c801`, 'not the canonical encoding from byte 8'],
    ['a field for no labels', `${GOOD} 2200`, 'not the canonical encoding from byte 8'],
    ['a field that is 0', '08e907 10d20f 1800', 'not the canonical encoding from byte 6'],
    ['no byte at all', '', 'source GNI out of range'],
    ['a byte behind the last field', `${GOOD} 00`, 'no protobuf message'],
    ['a label cut short', `${GOOD} 2202 01c8`, 'no protobuf message: a field runs past its end'],
    ['labels cut short', `${GOOD} 2204 01c801`, 'no protobuf message: a field runs past its end'],
    ['a length of 4 GiB', `${GOOD} 22ffffffff0f`, 'no protobuf message'],
    ['a number without end', '08ffffffffffffffffffffff', 'no protobuf message'],
    ['44 bytes', `${'08e907'.repeat(14)}1007`, '44 bytes, at most 43'],
    ['more than is ever decoded', `${GOOD}${'220101'.repeat(20_000)}`, 'at most 43'],
  ])('is refused with the rule it breaks: %s', (_, text, rule) => {
    expect(refusal(text)).toMatch(new RegExp(`^header body: .*${rule}`));
  });

  it('takes 43 bytes at most, which is accepted', () => {
    const labels = Array.from({ length: 8 }, () => 2 ** 20 - 1);
    const body = { sourceGni: 2 ** 32 - 1, destinationGni: 2 ** 32 - 1, agreement: 2 ** 24 - 1, labels };
    const encoded = udpPb10.encodeBody(body);
    expect(encoded).toHaveLength(43);
    expect(udpPb10.decodeBody(encoded)).toEqual(body);
  });
});
