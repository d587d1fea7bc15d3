/** Messages as datagrams of a session layer. */
import { DecodeError } from '../base/errors.ts';
import type { Endpoint } from '../base/ipv4.ts';
import { decodeMessage, encodeMessage } from './codec.ts';
import type { Message } from './messages.ts';
import type { SessionLayer } from './session-layer.ts';

export function sealMessage(layer: SessionLayer, message: Message, to: Endpoint): Uint8Array {
  return layer.seal(encodeMessage(message), to);
}

/** Undefined where the datagram is not of the layer, or what it carries is no message. */
export function openMessage(layer: SessionLayer, datagram: Uint8Array, from: Endpoint): Message | undefined {
  const payload = layer.open(datagram, from);
  if (payload === undefined) return undefined;
  try {
    return decodeMessage(payload);
  } catch (error) {
    if (error instanceof DecodeError) return undefined;
    throw error;
  }
}
