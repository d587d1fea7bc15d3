import { expect, test } from 'vitest';
import { DecodeError } from '../../../src/base/errors.ts';
import { decodeMessage, encodeMessage } from '../../../src/control/codec.ts';
import { GOLDEN_MESSAGES } from './golden-messages.ts';

test.each(GOLDEN_MESSAGES)('$what is these bytes', ({ message, bytes }) => {
  expect(Buffer.from(encodeMessage(message)).toString('hex')).toBe(bytes);
  expect(decodeMessage(Buffer.from(bytes, 'hex'))).toEqual(message);
});

test('any part of a message is refused', () => {
  for (const { bytes } of GOLDEN_MESSAGES) {
    const whole = Buffer.from(bytes, 'hex');
    for (let length = 0; length < whole.length; length++) {
      expect(() => decodeMessage(whole.subarray(0, length))).toThrow(DecodeError);
    }
  }
});

test('numbers that are repeated without being packed are refused', () => {
  const page = GOLDEN_MESSAGES.find(({ what }) => what.startsWith('sync-page'))?.bytes ?? '';
  // The address field with its length, and the lengths of the three messages around it.
  const loose = page.replace('32041e02010a', '351e02010a').replace('8202440a380a36', '8202430a370a35');
  expect(loose.length).toBe(page.length - 2);
  expect(() => decodeMessage(Buffer.from(loose, 'hex'))).toThrow('not the canonical encoding');
});
