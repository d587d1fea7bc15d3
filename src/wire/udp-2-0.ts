/**
 * udp/2.0, big-endian, 12 bytes and 3 for each label, outermost label first. The upper 4 bits of a
 * label's 24 are zero.
 *
 *      0                   1                   2                   3
 *      0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 *     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *     |                   Agreement                   |  Label count  |
 *     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *     |                        Destination GNI                        |
 *     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *     |                          Source GNI                           |
 *     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *     |0 0 0 0|                Label                  |  ...
 *     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 */
import { ByteReader, ByteWriter } from '../base/byte-cursor.ts';
import { DecodeError } from '../base/errors.ts';
import type { Framework } from './framework.ts';
import { MAX_LABELS, requireDecoded, requireEncodable } from './header-body.ts';

const FIXED_BYTES = 12;
const LABEL_BYTES = 3;

export const udp20: Framework = {
  name: 'udp/2.0',
  family: 'udp',
  major: 2,
  minor: 0,
  number: 2,
  maxLabels: MAX_LABELS,

  encodeBody(body) {
    requireEncodable(body, MAX_LABELS);
    const bytes = new Uint8Array(FIXED_BYTES + LABEL_BYTES * body.labels.length);
    const writer = new ByteWriter(bytes);
    writer.uint24(body.agreement).uint8(body.labels.length).uint32(body.destinationGni).uint32(body.sourceGni);
    for (const label of body.labels) writer.uint24(label);
    return bytes;
  },

  decodeBody(bytes) {
    const reader = new ByteReader(bytes);
    const agreement = reader.uint24();
    const count = reader.uint8();
    const destinationGni = reader.uint32();
    const sourceGni = reader.uint32();
    if (reader.remaining !== count * LABEL_BYTES) {
      throw new DecodeError(`header body: ${reader.remaining} bytes for ${count} labels`);
    }
    const labels = Array.from({ length: count }, () => reader.uint24());
    return requireDecoded({ sourceGni, destinationGni, agreement, labels }, MAX_LABELS);
  },
};
