/**
 * The Internet checksum (RFC 1071) of at most 65535 bytes, as it stands in a header. `initial` is a
 * sum of 16-bit words to begin with, below 2^31. Over bytes that include a right checksum it is 0.
 */
export function internetChecksum(bytes: Uint8Array, initial = 0): number {
  return headChecksum(bytes, bytes.length, initial);
}

/** The checksum of the first `length` bytes only; makes no view, so the packet path may call it. */
export function headChecksum(bytes: Uint8Array, length: number, initial = 0): number {
  let sum = initial;
  const even = length & ~1;
  for (let at = 0; at < even; at += 2) sum += ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0);
  if (even < length) sum += (bytes[even] ?? 0) << 8;
  return ~fold(sum) & 0xffff;
}

/** The checksum of a header in which one 16-bit word changed (RFC 1624, equation 3). */
export function updatedChecksum(checksum: number, oldWord: number, newWord: number): number {
  return ~fold((~checksum & 0xffff) + (~oldWord & 0xffff) + newWord) & 0xffff;
}

/** The sum over the pseudo-header of TCP and UDP (RFC 9293 section 3.1); `length` counts header and payload. */
export function pseudoHeaderSum(source: number, destination: number, protocol: number, length: number): number {
  const addresses = (source >>> 16) + (source & 0xffff) + (destination >>> 16) + (destination & 0xffff);
  return addresses + protocol + length;
}

function fold(sum: number): number {
  let folded = sum;
  while (folded > 0xffff) folded = (folded >>> 16) + (folded & 0xffff);
  return folded;
}
