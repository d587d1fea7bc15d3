import type { Prefix } from '../base/ipv4.ts';

/** "This network", loopback, multicast and reserved space (RFC 6890): no guest can live there. */
export const NEVER_GUESTS: readonly Prefix[] = [
  { address: 0, length: 8 },
  { address: 0x7f000000, length: 8 },
  { address: 0xe0000000, length: 3 },
];

/** Of these, the ones where no host can be reached either: several hosts of a test share a loopback. */
export const NEVER_UNICAST: readonly Prefix[] = NEVER_GUESTS.filter((prefix) => prefix.address !== 0x7f000000);
