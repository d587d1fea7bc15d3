import { formatAddress, formatPrefix, netmask, type Prefix } from '../../base/ipv4.ts';
import { drop } from '../drop.ts';
import type { Stage } from '../stage.ts';

/** Neither the first nor the last address of a subnet, which name all of it, except where it has only these (RFC 3021). */
function isHostAddress(address: number, { address: first, length }: Prefix): boolean {
  const last = (first | ~netmask(length)) >>> 0;
  return length > 30 || (address !== first && address !== last);
}

/** The longest prefix of the guest's network that covers the destination. */
export const subnet: Stage = {
  name: 'subnet',
  run(sheet) {
    const { port, packet, snapshot, reads } = sheet;
    if (port === undefined) return undefined;
    const found = snapshot.subnet(port.network, packet.destination);
    sheet.decidedBy = found?.key ?? port.network.key;
    if (found === undefined) return drop('no-subnet');
    sheet.subnet = found;
    reads.add(found.key);
    return isHostAddress(packet.destination, found.prefix) ? undefined : drop('not-unicast');
  },
  describe({ subnet: found, port, packet }) {
    if (found !== undefined) return `${found.name} (${formatPrefix(found.prefix)})`;
    return `no subnet of network ${port?.network.name} covers ${formatAddress(packet.destination)}`;
  },
};
