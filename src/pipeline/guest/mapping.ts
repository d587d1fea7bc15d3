import { formatAddress } from '../../base/ipv4.ts';
import { drop } from '../drop.ts';
import type { Stage } from '../stage.ts';

/** Which host holds the destination. What is not known yet is asked for while the packet waits. */
export const mapping: Stage = {
  name: 'mapping',
  run(sheet) {
    const { port, packet, snapshot, reads } = sheet;
    if (port === undefined) return undefined;
    const { gni } = port.network;
    const found = snapshot.mapping(gni, packet.destination);
    if (found === undefined) {
      sheet.isCacheable = false;
      return { kind: 'hold', wanted: { gni, address: packet.destination } };
    }
    sheet.mapping = found;
    reads.add(found.key);
    sheet.decidedBy = found.key;
    if (found.host === undefined) return drop('no-such-guest');
    return found.host === snapshot.host ? drop('port-not-up') : undefined;
  },
  describe({ mapping: found, packet }) {
    const address = formatAddress(packet.destination);
    if (found === undefined)
      return `not known here where ${address} is: the packet waits while the mapping daemon is asked`;
    return found.host === undefined ? `no live port has ${address}` : `${address} is on host ${found.host}`;
  },
};
