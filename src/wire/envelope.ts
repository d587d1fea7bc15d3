/**
 * What stands first in every underlay datagram, whatever the framework; all that the fast path knows:
 *
 *      0                   1                   2                   3
 *      0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 *     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *     |   Framework   |     Flags     |         Header length         |
 *     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *
 * Header length counts envelope and body, in bytes; the guest packet follows. Four flags are set
 * aside and rejected until a release gives them their meaning: 0x01 sealed (an SPI of 32 bits and a
 * counter of 64 follow the envelope), 0x02 probe, 0x04 per-packet word, 0x08 partial checksum.
 */
import { DecodeError } from '../base/errors.ts';
import type { Framework } from './framework.ts';
import { frameworkByNumber } from './frameworks.ts';

export const ENVELOPE_BYTES = 4;
/** The longest envelope and body together, of any framework with its deepest label stack. */
export const MAX_HEADER_BYTES = 64;

/**
 * How many bytes stand before the guest packet; `undefined` where the envelope is not one of ours.
 * Allocates nothing and says nothing about the body, so the packet path may call it.
 */
export function readHeaderLength(bytes: Uint8Array): number | undefined {
  if (bytes.length < ENVELOPE_BYTES || frameworkByNumber(bytes[0] ?? 0) === undefined || bytes[1] !== 0) {
    return undefined;
  }
  const length = headerLengthField(bytes);
  return isSaneLength(length, bytes) ? length : undefined;
}

/** The same check for people: says which rule the envelope breaks, as a `DecodeError`. */
export function decodeEnvelope(bytes: Uint8Array): { framework: Framework; headerLength: number } {
  if (bytes.length < ENVELOPE_BYTES) throw new DecodeError(`envelope: ${bytes.length} bytes of ${ENVELOPE_BYTES}`);
  const [number = 0, flags = 0] = bytes;
  const framework = frameworkByNumber(number);
  const headerLength = headerLengthField(bytes);
  if (framework === undefined) throw new DecodeError(`envelope: unknown framework number ${number}`);
  if (flags !== 0) throw new DecodeError(`envelope: flags 0x${flags.toString(16).padStart(2, '0')} are not in use`);
  if (!isSaneLength(headerLength, bytes)) {
    throw new DecodeError(`envelope: header length ${headerLength} of ${bytes.length} bytes`);
  }
  return { framework, headerLength };
}

function headerLengthField(bytes: Uint8Array): number {
  return ((bytes[2] ?? 0) << 8) | (bytes[3] ?? 0);
}

function isSaneLength(length: number, bytes: Uint8Array): boolean {
  return length > ENVELOPE_BYTES && length <= MAX_HEADER_BYTES && length <= bytes.length;
}
