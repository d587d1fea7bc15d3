import { formatAddress, formatPrefix } from '../../base/ipv4.ts';
import { drop } from '../drop.ts';
import type { Stage } from '../stage.ts';

/** The longest prefix of the guest's network that covers the destination. */
export const subnet: Stage = {
  name: 'subnet',
  run(sheet) {
    const { port, packet, snapshot, reads } = sheet;
    if (port === undefined) return undefined;
    const found = snapshot.subnet(port.network, packet.destination);
    if (found === undefined) return drop('no-subnet');
    sheet.subnet = found;
    reads.add(found.key);
    return undefined;
  },
  describe({ subnet: found, port, packet }) {
    if (found !== undefined) return `${found.name} (${formatPrefix(found.prefix)})`;
    return `no subnet of network ${port?.network.name} covers ${formatAddress(packet.destination)}`;
  },
};
