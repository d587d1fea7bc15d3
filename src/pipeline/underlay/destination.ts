import { formatAddress } from '../../base/ipv4.ts';
import { drop } from '../drop.ts';
import type { Stage } from '../stage.ts';

/** The destination is a port of this host, in a network that covers the source and wears these labels. */
export const destination: Stage = {
  name: 'destination',
  run(sheet) {
    const { body, packet, snapshot, reads } = sheet;
    const port = body && snapshot.localPort(body.destinationGni, packet.destination);
    if (body === undefined || port === undefined) {
      sheet.isCacheable = false;
      return drop('no-such-port');
    }
    sheet.port = port;
    reads.add(port.key);
    reads.add(port.network.key);
    const { labels } = port.network;
    const isLabelled = labels.length === body.labels.length && labels.every((label, at) => label === body.labels[at]);
    if (!isLabelled) return drop('labels-mismatch');
    const subnet = snapshot.subnet(port.network, packet.source);
    if (subnet === undefined) return drop('no-subnet');
    sheet.subnet = subnet;
    reads.add(subnet.key);
    return undefined;
  },
  describe({ port, packet, body, subnet }) {
    if (port === undefined)
      return `GNI ${body?.destinationGni} has no ${formatAddress(packet.destination)} on this host`;
    const labels = `labels [${port.network.labels.join(' ')}], came with [${body?.labels.join(' ')}]`;
    return `port ${port.name} of network ${port.network.name}, ${labels}; source in ${subnet?.name ?? 'no subnet'}`;
  },
};
