import { ByteWriter } from '../base/byte-cursor.ts';
import { decodeEnvelope, ENVELOPE_BYTES } from './envelope.ts';
import type { Framework } from './framework.ts';
import type { HeaderBody } from './header-body.ts';

export interface Header {
  readonly framework: Framework;
  readonly body: HeaderBody;
  /** Bytes of envelope and body: where the guest packet begins. */
  readonly headerLength: number;
}

/** Envelope and body, to go before the guest packet. Throws `RangeError` for what the framework cannot carry. */
export function encodeHeader(framework: Framework, body: HeaderBody): Uint8Array {
  const encoded = framework.encodeBody(body);
  const bytes = new Uint8Array(ENVELOPE_BYTES + encoded.length);
  new ByteWriter(bytes).uint8(framework.number).uint8(0).uint16(bytes.length).bytes(encoded);
  return bytes;
}

/**
 * Reads the header at the beginning of a datagram's payload. Throws `DecodeError`; what it accepts
 * encodes to the same bytes.
 */
export function decodeHeader(bytes: Uint8Array): Header {
  const { framework, headerLength } = decodeEnvelope(bytes);
  return { framework, body: framework.decodeBody(bytes.subarray(ENVELOPE_BYTES, headerLength)), headerLength };
}
