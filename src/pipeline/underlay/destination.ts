import { formatAddress } from '../../base/ipv4.ts';
import { drop } from '../drop.ts';
import type { IngressContext } from '../outcome.ts';
import type { Sheet, Stage } from '../stage.ts';

/**
 * The destination is a port of this host, in a network that covers the source and wears these labels. With that
 * the header is accepted: one that leads to no port of this host leaves nothing behind.
 */
export const destination: Stage = {
  name: 'destination',
  run(sheet) {
    const { body, packet, snapshot, reads } = sheet;
    const port = body && snapshot.localPort(body.destinationGni, packet.destination);
    if (body === undefined || port === undefined) {
      sheet.isCacheable = false;
      sheet.decidedBy = undefined;
      return drop('no-such-port');
    }
    sheet.port = port;
    sheet.decidedBy = port.network.key;
    reads.add(port.key);
    reads.add(port.network.key);
    const { labels } = port.network;
    const isLabelled = labels.length === body.labels.length && labels.every((label, at) => label === body.labels[at]);
    if (!isLabelled) return drop('labels-mismatch');
    sheet.context = acceptedContext(sheet);
    const subnet = snapshot.subnet(port.network, packet.source);
    if (subnet === undefined) return drop('no-subnet');
    sheet.subnet = subnet;
    sheet.decidedBy = port.key;
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

/** Holds for whatever the sender puts behind the same header: it reads no field of the inner packet. */
function acceptedContext({ peer, agreement, port, body }: Sheet): IngressContext | undefined {
  if (peer === undefined || agreement === undefined || port === undefined || body === undefined) return undefined;
  return {
    peer: peer.name,
    gni: body.destinationGni,
    agreement: agreement.id,
    framework: agreement.framework,
    reads: [peer.key, agreement.key, port.network.key].toSorted((a, b) => a - b),
  };
}
