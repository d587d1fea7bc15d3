import { formatAddress } from '../../base/ipv4.ts';
import { drop } from '../drop.ts';
import type { Stage } from '../stage.ts';

/** A guest may send only from its own addresses; its GNI comes from the port, never from bytes. */
export const sourceCheck: Stage = {
  name: 'source-check',
  run(sheet) {
    const { arrival, packet, snapshot } = sheet;
    const port = arrival.kind === 'guest' ? snapshot.portByIndex(arrival.port) : undefined;
    if (port === undefined) {
      sheet.isCacheable = false;
      return drop('unknown-port');
    }
    sheet.port = port;
    sheet.reads.add(port.key);
    sheet.reads.add(port.network.key);
    if (port.addresses.has(packet.source)) return undefined;
    sheet.decidedBy = port.key;
    return drop('spoofed-source');
  },
  describe({ port, packet }) {
    if (port === undefined) return 'no such port on this host';
    const addresses = [...port.addresses].map(formatAddress).join(', ');
    return `port ${port.name} of GNI ${port.network.gni} has ${addresses}; the source is ${formatAddress(packet.source)}`;
  },
};
