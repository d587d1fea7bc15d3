import type { Stage } from '../stage.ts';

/** A destination on this host in the same network is delivered without touching the underlay. */
export const localDelivery: Stage = {
  name: 'local-delivery',
  run(sheet) {
    const { snapshot, packet, port, reads } = sheet;
    if (port === undefined) return undefined;
    const target = snapshot.localPort(port.network.gni, packet.destination);
    if (target === undefined || target.network.name !== port.network.name) return undefined;
    reads.add(target.key);
    sheet.decidedBy = target.key;
    return { kind: 'deliver', port: target.index };
  },
  describe({ snapshot, packet, port }) {
    const target = port && snapshot.localPort(port.network.gni, packet.destination);
    return target === undefined ? 'not on this host' : `port ${target.name} is on this host`;
  },
};
