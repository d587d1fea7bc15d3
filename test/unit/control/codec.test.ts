import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { DecodeError } from '../../../src/base/errors.ts';
import { decodeMessage, encodeMessage, fittingItems, itemBytes } from '../../../src/control/codec.ts';
import {
  type Item,
  MAX_COUNTER,
  MAX_CURSOR_LENGTH,
  MAX_ITEMS,
  MAX_MESSAGE_BYTES,
  MAX_REASON_LENGTH,
  type Message,
  SESSION_LAYER_BYTES,
} from '../../../src/control/messages.ts';
import { agreementGone, anyItem, anyMessage, LARGEST_ITEM } from './messages.ts';
import { runs } from '../../kit/runs.ts';

/** For the properties, which take long on a busy machine; milliseconds. */
const PATIENCE = 30_000;
const MAX_BYTES = MAX_MESSAGE_BYTES - SESSION_LAYER_BYTES;
const fromHex = (hex: string) => Uint8Array.from(Buffer.from(hex.replaceAll(' ', ''), 'hex'));

/** Returns what `bytes` decode to, or undefined for a DecodeError; anything else fails the test. */
function decoded(bytes: Uint8Array): Message | undefined {
  try {
    return decodeMessage(bytes);
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
    return undefined;
  }
}

/** `bytes` with a few of them changed, taken out, doubled or put in. */
const anyMutation = fc
  .tuple(anyMessage, fc.array(fc.tuple(fc.nat(), fc.nat(255), fc.nat(3)), { minLength: 1, maxLength: 4 }))
  .map(([message, changes]) => {
    const bytes = [...encodeMessage(message)];
    for (const [place, value, how] of changes) {
      const at = place % (bytes.length + 1);
      if (how === 0) bytes.splice(at, 1, value);
      else if (how === 1) bytes.splice(at, 1);
      else if (how === 2) bytes.splice(at, 0, value);
      else bytes.splice(at, 0, ...bytes.slice(at, at + value));
    }
    return Uint8Array.from(bytes);
  });

function expectCanonical(bytes: Uint8Array): void {
  const message = decoded(bytes);
  if (message !== undefined) expect(encodeMessage(message)).toEqual(Uint8Array.from(bytes));
}

describe('decoding', () => {
  test(
    'gives back what was encoded, whatever valid message it is',
    () => {
      fc.assert(
        fc.property(anyMessage, (message) => {
          const bytes = encodeMessage(message);
          expect(bytes.length).toBeLessThanOrEqual(MAX_BYTES);
          expect(decodeMessage(bytes)).toEqual(message);
        }),
        { numRuns: runs(500) },
      );
    },
    PATIENCE,
  );

  test(
    'of arbitrary bytes gives a DecodeError or a message of these very bytes',
    () => {
      fc.assert(fc.property(fc.uint8Array({ maxLength: 64 }), expectCanonical), { numRuns: runs(3000) });
    },
    PATIENCE,
  );

  test(
    'of changed bytes gives a DecodeError or a message of these very bytes',
    () => {
      fc.assert(fc.property(anyMutation, expectCanonical), { numRuns: runs(1500) });
    },
    PATIENCE,
  );

  test('does not alias the bytes', () => {
    fc.assert(
      fc.property(anyMessage, (message) => {
        const bytes = Buffer.from(encodeMessage(message));
        const result = decodeMessage(bytes);
        bytes.fill(0xff);
        expect(result).toEqual(message);
      }),
    );
  });

  // A heartbeat of id 7 in session 1, and what is said in other words but is not its encoding.
  test('accepts the canonical encoding', () => {
    expect(decodeMessage(fromHex('0807 1001 5a00'))).toEqual({ id: 7, session: 1, body: { kind: 'heartbeat' } });
    expect(decodeMessage(fromHex('1001 9a0300'))).toEqual({
      id: 0,
      session: 1,
      body: { kind: 'push-ack', sequence: 0 },
    });
  });

  test.each([
    ['nothing', ''],
    ['no body', '0807 1001'],
    ['fields out of order', '1001 0807 5a00'],
    ['a field twice', '0807 0807 1001 5a00'],
    ['a body twice', '0807 1001 5a00 5a00'],
    ['two bodies', '0807 1001 5a00 fa0100'],
    ['a longer number than needed', '088700 1001 5a00'],
    ['a longer length than needed', '0807 1001 5a8000'],
    ['a number of more than 32 bits for 32', '0807 1081808080 10 5a00'],
    ['an unknown field', '0807 1001 5a00 f80701'],
    ['an unknown field inside', '0807 1001 5a020801'],
    ['an unknown body', '0807 1001 7a00'],
    ['a zero that is written', '1001 9a03020800'],
    ['a truncated length', '0807 1001 5a05'],
    ['a wrong wire type', '0807 1001 5d00000000'],
    ['a group', '0807 1001 5b5c'],
    ['groups in each other', `0807 1001 ${'5b'.repeat(500)}`],
    ['a number of 2^53', '0880808080808080 10 1001 5a00'],
    ['a number of 2^64 - 1', '08ffffffffffffffffff01 1001 5a00'],
    ['text that is not UTF-8', '0807 1001 62030a01ff'],
  ])('refuses %s', (_what, hex) => {
    expect(() => decodeMessage(fromHex(hex))).toThrow(DecodeError);
  });

  test('refuses a longer datagram than any message without looking at it', () => {
    expect(() => decodeMessage(new Uint8Array(MAX_BYTES + 1))).toThrow(/more than/);
  });
});

describe('encoding', () => {
  test('cuts the reason of a refusal to what may be sent', () => {
    const reason = `\u001b[31m${'é'.repeat(500)}`;
    const bytes = encodeMessage({ id: 1, session: 0, body: { kind: 'refused', code: 'busy', reason } });
    const { body } = decodeMessage(bytes);
    expect(body).toEqual({ kind: 'refused', code: 'busy', reason: `?[31m${'?'.repeat(MAX_REASON_LENGTH - 5)}` });
  });

  test('of items that do not fit is a RangeError', () => {
    const items = [LARGEST_ITEM, LARGEST_ITEM, LARGEST_ITEM];
    const body = { kind: 'push', sequence: 1, items } as const;
    expect(() => encodeMessage({ id: 0, session: 1, body })).toThrow(RangeError);
  });
});

describe('pages', () => {
  /** The bytes of a page of the fitting items, with everything beside them as large as it may be. */
  function pageBytes(items: readonly Item[], from: number): number {
    const page = items.slice(from, from + fittingItems(items, from));
    const body = { kind: 'sync-page', items: page, next: 'z'.repeat(MAX_CURSOR_LENGTH) } as const;
    return encodeMessage({ id: MAX_COUNTER, session: 2 ** 32 - 1, body }).length;
  }

  test('of fitting items encode beside the largest of everything else', () => {
    fc.assert(
      fc.property(fc.array(anyItem, { maxLength: 90 }), fc.nat(90), (items, from) => {
        expect(pageBytes(items, from)).toBeLessThanOrEqual(MAX_BYTES);
      }),
    );
  });

  test('use the room to the last small item, and no more', () => {
    const small = Array.from({ length: MAX_ITEMS }, () => agreementGone(1));
    const bytes = pageBytes([LARGEST_ITEM, LARGEST_ITEM, ...small], 0);
    expect(bytes).toBeLessThanOrEqual(MAX_BYTES);
    expect(bytes).toBeGreaterThan(MAX_BYTES - 30);
  });

  test('always go on: any item fits, and nothing is left behind', () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(anyItem, fc.constant(LARGEST_ITEM)), { maxLength: 90 }), (items) => {
        let from = 0;
        while (from < items.length) {
          const count = fittingItems(items, from);
          expect(count).toBeGreaterThan(0);
          from += count;
        }
        expect(from).toBe(items.length);
        expect(fittingItems(items, from)).toBe(0);
      }),
    );
  });

  test('of an item that no message takes are a RangeError, not a page of none', () => {
    const item = { ...LARGEST_ITEM, name: 'n'.repeat(1000) };
    expect(() => fittingItems([item], 0)).toThrow(RangeError);
  });

  test('hold at most MAX_ITEMS, and as many of the smallest', () => {
    const items = Array.from({ length: 200 }, (_, at) => agreementGone(at + 1));
    expect(fittingItems(items, 0)).toBe(MAX_ITEMS);
    expect(fittingItems(items, 190)).toBe(10);
  });

  test('are as full as they may be', () => {
    expect(itemBytes(LARGEST_ITEM) * 3).toBeGreaterThan(MAX_BYTES);
    expect(fittingItems([LARGEST_ITEM, LARGEST_ITEM, LARGEST_ITEM], 0)).toBe(2);
  });

  test('are counted with no item smaller than it is', () => {
    fc.assert(
      fc.property(anyItem, (item) => {
        const length = (items: readonly (typeof item)[]) =>
          encodeMessage({ id: 1, session: 1, body: { kind: 'lookup-answer', items } }).length;
        expect(itemBytes(item)).toBeGreaterThanOrEqual(length([item, item]) - length([item]) - 1);
        expect(itemBytes(item)).toBeLessThan(length([item]));
      }),
    );
  });
});
