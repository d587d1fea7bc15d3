/**
 * Which packets of a flow are reported where it is too fast for all of them: those whose digest ends in at least
 * so many zero bits. The digest is the same on every host, so a host that asks for fewer bits than another reports
 * all that the other does.
 */
export function sampleLevel(digest: string): number {
  const bits = BigInt(`0x${digest}`).toString(2).padStart(64, '0');
  return 64 - (bits.lastIndexOf('1') + 1);
}
