import fc from 'fast-check';
import { expect, test } from 'vitest';
import { MAX_MESSAGE_BYTES, SESSION_LAYER_BYTES } from '../../../src/control/messages.ts';
import { plainSessionLayer } from '../../../src/control/session-layer.ts';

const peer = { address: 0xc6120001, port: 7791 };
const layer = plainSessionLayer();
const MAX_PAYLOAD = MAX_MESSAGE_BYTES - SESSION_LAYER_BYTES;

test('what is sealed opens again, in a datagram that is small enough', () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 1, maxLength: MAX_PAYLOAD, size: 'max' }), (payload) => {
      const datagram = layer.seal(payload, peer);
      expect(datagram.length).toBeLessThanOrEqual(MAX_MESSAGE_BYTES);
      expect(layer.open(datagram, peer)).toEqual(payload);
    }),
  );
});

test('what is not of this layer does not open', () => {
  for (const hex of ['', '57', '5700', '5600aa', '5701aa', 'aa5700']) {
    expect(layer.open(Buffer.from(hex, 'hex'), peer)).toBeUndefined();
  }
  expect(Array.from(layer.open(Buffer.from('5700aa', 'hex'), peer) ?? [])).toEqual([0xaa]);
  const marked = (length: number) => Uint8Array.from({ length }, (_, at) => (at === 0 ? 0x57 : 0));
  expect(layer.open(marked(MAX_MESSAGE_BYTES), peer)).toHaveLength(MAX_MESSAGE_BYTES - 2);
  expect(layer.open(marked(MAX_MESSAGE_BYTES + 1), peer)).toBeUndefined();
});

test('sealing what does not fit is a RangeError', () => {
  expect(() => layer.seal(new Uint8Array(MAX_PAYLOAD + 1), peer)).toThrow(RangeError);
});
