import { formatAddress } from '../../base/ipv4.ts';
import { drop } from '../drop.ts';
import type { Stage } from '../stage.ts';

/** 0.0.0.0/8, 127.0.0.0/8, multicast, reserved and broadcast (RFC 1122 section 3.2.1.3, RFC 1112). */
function isUnicast(address: number): boolean {
  const first = address >>> 24;
  return first !== 0 && first !== 127 && first < 224;
}

/** Guests reach single addresses only. */
export const unicast: Stage = {
  name: 'unicast',
  run: ({ packet }) => (isUnicast(packet.destination) ? undefined : drop('not-unicast')),
  describe: ({ packet }) => `the destination is ${formatAddress(packet.destination)}`,
};
