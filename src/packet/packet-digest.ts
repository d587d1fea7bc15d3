import { createHash } from 'node:crypto';

const TOS_AT = 1;
const HEADER_CHECKSUM_AT = 10;
const DIGEST_CHARACTERS = 16;
const NO_CHECKSUM = new Uint8Array(2);

/**
 * Tells a packet from others on every host that it passes: 16 hexadecimal digits, a hash of the IPv4 packet without
 * what the way may change. That is the byte of the ECN mark (RFC 6040) and the checksum of the header.
 */
export function packetDigest(bytes: Uint8Array): string {
  const hash = createHash('sha256');
  hash.update(bytes.subarray(0, TOS_AT)).update(NO_CHECKSUM.subarray(1));
  hash.update(bytes.subarray(TOS_AT + 1, HEADER_CHECKSUM_AT)).update(NO_CHECKSUM);
  hash.update(bytes.subarray(HEADER_CHECKSUM_AT + NO_CHECKSUM.length));
  return hash.digest('hex').slice(0, DIGEST_CHARACTERS);
}
