/**
 * udp-pb/1.0: the message `HeaderBody` of `proto/header.proto` in protobuf's canonical encoding
 * (`proto/README.md`), at most 17 bytes without labels. A field's key says number and type; numbers
 * are varints, 7 bits a byte, the lowest first, all but the last with the upper bit set:
 *
 *     +----+--------+----+--------+----+--------+----+--------+-------+-----
 *     | 08 | varint | 10 | varint | 18 | varint | 22 | length | Label | ...
 *     +----+--------+----+--------+----+--------+----+--------+-------+-----
 *      Source GNI    Destination   Agreement     labels, all of this absent
 *                    GNI                         when there are none
 */
import { DecodeError } from '../base/errors.ts';
import type { Framework } from './framework.ts';
import { netweft } from './generated/header.js';
import { type HeaderBody, MAX_LABELS, requireDecoded, requireEncodable } from './header-body.ts';

const Wire = netweft.header.v1.HeaderBody;

/** The key, and the most that 32, 32 and 24 bits take. */
const NUMBERS_BYTES = 1 + 5 + (1 + 5) + (1 + 4);
/** Key, length, and the most that each label's 20 bits take. */
const LABELS_BYTES = 1 + 1 + 3 * MAX_LABELS;
const MAX_BODY_BYTES = NUMBERS_BYTES + LABELS_BYTES;
const CANONICAL = 'known fields alone, in order, once each, shortest varints, labels packed';

export const udpPb10: Framework = {
  name: 'udp-pb/1.0',
  family: 'udp-pb',
  major: 1,
  minor: 0,
  number: 3,
  maxLabels: MAX_LABELS,

  encodeBody(body) {
    requireEncodable(body, MAX_LABELS);
    return encodeWire(body);
  },

  decodeBody(bytes) {
    if (bytes.length > MAX_BODY_BYTES) {
      throw new DecodeError(`header body: ${bytes.length} bytes, at most ${MAX_BODY_BYTES} are possible`);
    }
    const body = decodeWire(bytes);
    requireCanonical(bytes, encodeWire(body));
    return requireDecoded(body, MAX_LABELS);
  },
};

/** A plain copy: the generated encoder gives a part of Node's shared pool. */
function encodeWire({ sourceGni, destinationGni, agreement, labels }: HeaderBody): Uint8Array {
  return new Uint8Array(Wire.encode({ sourceGni, destinationGni, agreement, labels: [...labels] }).finish());
}

/** Any numbers of 32 bits. The generated decoder throws errors of several kinds, all of them about the bytes. */
function decodeWire(bytes: Uint8Array): HeaderBody {
  try {
    const { sourceGni, destinationGni, agreement, labels } = Wire.decode(bytes);
    return { sourceGni, destinationGni, agreement, labels };
  } catch (error) {
    const why = error instanceof RangeError ? 'a field runs past its end' : 'a field with an impossible key or number';
    throw new DecodeError(`header body: no protobuf message: ${why}`);
  }
}

/**
 * Refuses every other way to write the same body: fields that the message does not have, another
 * order, repetition, longer varints, labels that are not packed.
 */
function requireCanonical(bytes: Uint8Array, canonical: Uint8Array): void {
  const length = Math.max(bytes.length, canonical.length);
  for (let at = 0; at < length; at++) {
    if (bytes[at] === canonical[at]) continue;
    throw new DecodeError(`header body: not the canonical encoding from byte ${at} on: ${CANONICAL}`);
  }
}
