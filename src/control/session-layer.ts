/**
 * The layer below the messages: what a datagram carries beside the message, and who may open it. The
 * plain one marks and versions datagrams; authentication and sealing are another implementation of
 * the same interface and change nothing above it.
 *
 *   plain:  0        1        2
 *           | 0x57   | 0x00   | message ...
 *            'W'      layer version
 */
import type { Endpoint } from '../base/ipv4.ts';
import { MAX_MESSAGE_BYTES, SESSION_LAYER_BYTES } from './messages.ts';

const MAGIC = 0x57;
const PLAIN_VERSION = 0;
const HEADER_BYTES = 2;

export interface SessionLayer {
  /** The datagram that carries `payload` to `to`. */
  seal(payload: Uint8Array, to: Endpoint): Uint8Array;
  /** What a datagram from `from` carries, as a view of it; undefined where it is not of this layer: say nothing. */
  open(datagram: Uint8Array, from: Endpoint): Uint8Array | undefined;
}

export function plainSessionLayer(): SessionLayer {
  return {
    seal(payload) {
      if (payload.length > MAX_MESSAGE_BYTES - SESSION_LAYER_BYTES) throw new RangeError('message too long to seal');
      const datagram = new Uint8Array(HEADER_BYTES + payload.length);
      datagram[0] = MAGIC;
      datagram[1] = PLAIN_VERSION;
      datagram.set(payload, HEADER_BYTES);
      return datagram;
    },
    open(datagram) {
      if (datagram.length <= HEADER_BYTES || datagram.length > MAX_MESSAGE_BYTES) return undefined;
      if (datagram[0] !== MAGIC || datagram[1] !== PLAIN_VERSION) return undefined;
      return datagram.subarray(HEADER_BYTES);
    },
  };
}
