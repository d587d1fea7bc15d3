import { decapsulatedTos } from '../../packet/ecn.ts';
import { drop } from '../drop.ts';
import type { Stage } from '../stage.ts';

/**
 * Congestion marked on the underlay reaches the guest (RFC 6040 section 4.2), or the packet is
 * dropped where the flow cannot carry the mark. The outer mark is outside the flow key, so only
 * the passing case is cached, and it is a guard of the flow entry.
 */
export const ecn: Stage = {
  name: 'ecn',
  run(sheet) {
    const { arrival, packet } = sheet;
    if (arrival.kind !== 'underlay' || decapsulatedTos(packet.tos, arrival.tos) !== undefined) return undefined;
    sheet.isCacheable = false;
    return drop('ecn-not-capable');
  },
  describe: ({ arrival, packet }) =>
    `inner ECN ${packet.tos & 3}, outer ECN ${arrival.kind === 'underlay' ? arrival.tos & 3 : 0}`,
};
