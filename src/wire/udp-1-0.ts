/**
 * udp/1.0, big-endian, 12 bytes, no labels:
 *
 *      0                   1                   2                   3
 *      0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 *     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *     |                          Source GNI                           |
 *     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *     |                        Destination GNI                        |
 *     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *     |                           Agreement                           |
 *     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 */
import { ByteReader, ByteWriter } from '../base/byte-cursor.ts';
import { DecodeError } from '../base/errors.ts';
import type { Framework } from './framework.ts';
import { requireDecoded, requireEncodable } from './header-body.ts';

const BODY_BYTES = 12;
const UDP_1_0_LABELS = 0;

export const udp10: Framework = {
  name: 'udp/1.0',
  family: 'udp',
  major: 1,
  minor: 0,
  number: 1,
  maxLabels: UDP_1_0_LABELS,

  encodeBody(body) {
    requireEncodable(body, UDP_1_0_LABELS);
    const bytes = new Uint8Array(BODY_BYTES);
    new ByteWriter(bytes).uint32(body.sourceGni).uint32(body.destinationGni).uint32(body.agreement);
    return bytes;
  },

  decodeBody(bytes) {
    if (bytes.length !== BODY_BYTES) throw new DecodeError(`header body: ${bytes.length} bytes, not ${BODY_BYTES}`);
    const reader = new ByteReader(bytes);
    const sourceGni = reader.uint32();
    const destinationGni = reader.uint32();
    const agreement = reader.uint32();
    return requireDecoded({ sourceGni, destinationGni, agreement, labels: [] }, UDP_1_0_LABELS);
  },
};
