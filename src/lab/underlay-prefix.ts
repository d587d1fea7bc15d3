import { isInPrefix, netmask, type Prefix } from '../base/ipv4.ts';

/**
 * The longest prefix that holds all the addresses, none of them as its network or broadcast address:
 * the one network that the lab's bridge is.
 */
export function underlayPrefix(addresses: readonly number[]): Prefix {
  const first = addresses[0] ?? 0;
  for (let length = 30; length > 0; length--) {
    const prefix = { address: (first & netmask(length)) >>> 0, length };
    if (addresses.every((address) => isUsable(address, prefix))) return prefix;
  }
  return { address: 0, length: 0 };
}

function isUsable(address: number, prefix: Prefix): boolean {
  const broadcast = (prefix.address | ~netmask(prefix.length)) >>> 0;
  return isInPrefix(address, prefix) && address !== prefix.address && address !== broadcast;
}
