import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DecodeError } from '../../../src/base/errors.ts';
import { ENVELOPE_BYTES, MAX_HEADER_BYTES } from '../../../src/wire/envelope.ts';
import { FRAMEWORKS, frameworkByName, frameworkByNumber } from '../../../src/wire/frameworks.ts';
import type { HeaderBody } from '../../../src/wire/header-body.ts';
import { anyBodyOf, mutated } from './bodies.ts';
import { runs } from '../../kit/runs.ts';

/** What sealing adds to the envelope: SPI and counter. */
const SEALED_BYTES = 4 + 8;
/** What the optional per-packet word adds. */
const WORD_BYTES = 4;
/** Envelope, SPI, counter and body with an empty label stack, in every version. */
const MOST_BYTES_WITHOUT_LABELS = 36;

const plain: HeaderBody = { sourceGni: 1001, destinationGni: 2002, agreement: 7, labels: [] };
/** What takes the most bytes where small numbers take fewer. */
const largest: HeaderBody = { sourceGni: 2 ** 32 - 1, destinationGni: 2 ** 32 - 1, agreement: 2 ** 24 - 1, labels: [] };

describe('the list of frameworks', () => {
  it('holds the best first, and finds each by name and number', () => {
    expect(FRAMEWORKS.map((framework) => framework.name)).toEqual(['udp/2.0', 'udp/1.0', 'udp-pb/1.0']);
    for (const framework of FRAMEWORKS) {
      expect(frameworkByName(framework.name)).toBe(framework);
      expect(frameworkByNumber(framework.number)).toBe(framework);
    }
    expect(frameworkByName('udp/3.0')).toBeUndefined();
    expect(frameworkByNumber(0)).toBeUndefined();
  });

  it('never changes the number of a version', () => {
    expect(FRAMEWORKS.map(({ name, number }) => [name, number])).toEqual([
      ['udp/2.0', 2],
      ['udp/1.0', 1],
      ['udp-pb/1.0', 3],
    ]);
  });
});

describe.each(FRAMEWORKS)('$name', (framework) => {
  it('is named after its family and version', () => {
    expect(framework.name).toBe(`${framework.family}/${framework.major}.${framework.minor}`);
  });

  it(`takes at most ${MOST_BYTES_WITHOUT_LABELS} bytes, sealed, without labels`, () => {
    const body = framework.encodeBody(largest);
    expect(ENVELOPE_BYTES + SEALED_BYTES + body.length).toBeLessThanOrEqual(MOST_BYTES_WITHOUT_LABELS);
  });

  it('stays below the longest header with its deepest label stack and every option', () => {
    const labels = Array.from({ length: framework.maxLabels }, () => 2 ** 20 - 1);
    const body = framework.encodeBody({ ...largest, labels });
    expect(ENVELOPE_BYTES + SEALED_BYTES + WORD_BYTES + body.length).toBeLessThanOrEqual(MAX_HEADER_BYTES);
  });

  it('decodes what it encodes', () => {
    fc.assert(
      fc.property(anyBodyOf(framework), (body) => {
        expect(framework.decodeBody(framework.encodeBody(body))).toEqual(body);
      }),
    );
  });

  it('rejects every extra byte, and every truncation that is not the body without its labels', () => {
    fc.assert(
      fc.property(anyBodyOf(framework), (body) => {
        const bytes = framework.encodeBody(body);
        const unlabelled = Buffer.from(framework.encodeBody({ ...body, labels: [] }));
        for (let length = 0; length < bytes.length; length++) {
          const cut = bytes.subarray(0, length);
          if (unlabelled.equals(cut)) expect(framework.decodeBody(cut)).toEqual({ ...body, labels: [] });
          else expect(() => framework.decodeBody(cut)).toThrow(DecodeError);
        }
        expect(() => framework.decodeBody(new Uint8Array([...bytes, 0]))).toThrow(DecodeError);
      }),
    );
  });

  it('throws DecodeError for any other bytes, or returns what encodes to them', () => {
    const bytes = fc.oneof(
      fc.uint8Array({ maxLength: 40 }),
      mutated(anyBodyOf(framework).map((body) => framework.encodeBody(body))),
    );
    fc.assert(
      fc.property(bytes, (input) => {
        let body: HeaderBody;
        try {
          body = framework.decodeBody(input);
        } catch (error) {
          expect(error).toBeInstanceOf(DecodeError);
          return;
        }
        expect(framework.encodeBody(body)).toEqual(new Uint8Array(input));
      }),
      { numRuns: runs(2000) },
    );
  });

  it.each<[string, Partial<HeaderBody>]>([
    ['source GNI 0', { sourceGni: 0 }],
    ['destination GNI 0', { destinationGni: 0 }],
    ['a GNI of 33 bits', { sourceGni: 2 ** 32 }],
    ['agreement 0', { agreement: 0 }],
    ['an agreement of 25 bits', { agreement: 2 ** 24 }],
    ['a number that is no integer', { agreement: 1.5 }],
    ['a label of 21 bits', { labels: [2 ** 20] }],
    ['a negative label', { labels: [-1] }],
    ['one label too many', { labels: Array.from({ length: framework.maxLabels + 1 }, () => 1) }],
  ])('refuses to encode %s', (_, change) => {
    expect(() => framework.encodeBody({ ...plain, ...change })).toThrow(RangeError);
  });
});

describe('the order of fields', () => {
  it.each([
    ['udp/1.0', [], '000003e9 000007d2 00a1b2c3'],
    ['udp/2.0', [1, 2], 'a1b2c3 02 000007d2 000003e9 000001 000002'],
    ['udp-pb/1.0', [1, 200], '08 e907 10 d20f 18 c3e58605 22 03 01 c801'],
  ])('of %s stays', (name, labels, text) => {
    const body = { sourceGni: 1001, destinationGni: 2002, agreement: 0xa1b2c3, labels };
    const bytes = new Uint8Array(Buffer.from(text.replaceAll(' ', ''), 'hex'));
    expect(frameworkByName(name)?.encodeBody(body)).toEqual(bytes);
    expect(frameworkByName(name)?.decodeBody(bytes)).toEqual(body);
  });
});

describe('bodies that break a rule', () => {
  it.each([
    ['udp/1.0', 'source GNI 0', '00000000 000003e9 00000007'],
    ['udp/1.0', 'destination GNI 0', '000003e9 00000000 00000007'],
    ['udp/1.0', 'agreement 0', '000003e9 000003e9 00000000'],
    ['udp/1.0', 'agreement of 25 bits', '000003e9 000003e9 01000000'],
    ['udp/2.0', 'agreement 0', '000000 00 000003e9 000003e9'],
    ['udp/2.0', 'destination GNI 0', '000007 00 00000000 000003e9'],
    ['udp/2.0', 'source GNI 0', '000007 00 000003e9 00000000'],
    ['udp/2.0', 'label of 21 bits', '000007 01 000003e9 000003e9 100000'],
    ['udp/2.0', 'label count above its labels', '000007 02 000003e9 000003e9 000010'],
    ['udp/2.0', 'label count below its labels', '000007 00 000003e9 000003e9 000010'],
    ['udp/2.0', 'nine labels', `000007 09 000003e9 000003e9 ${'000010'.repeat(9)}`],
    ['udp-pb/1.0', 'source GNI 0', '10 e907 18 07'],
    ['udp-pb/1.0', 'destination GNI 0', '08 e907 18 07'],
    ['udp-pb/1.0', 'agreement 0', '08 e907 10 e907'],
    ['udp-pb/1.0', 'agreement of 25 bits', '08 e907 10 e907 18 80808008'],
    ['udp-pb/1.0', 'label of 21 bits', '08 e907 10 e907 18 07 22 03 808040'],
    ['udp-pb/1.0', 'nine labels', '08 e907 10 e907 18 07 22 09 000102030405060708'],
  ])('%s: %s is a DecodeError', (name, _, text) => {
    const bytes = Buffer.from(text.replaceAll(' ', ''), 'hex');
    expect(() => frameworkByName(name)?.decodeBody(bytes)).toThrow(DecodeError);
  });
});
