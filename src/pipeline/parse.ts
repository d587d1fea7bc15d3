import { describePacket } from '../packet/describe.ts';
import { FRAGMENT_NONE } from '../packet/packet-view.ts';
import { drop } from './drop.ts';
import type { Stage } from './stage.ts';

/** Reads the packet. Fragments, ICMP errors and packets with IP options are decided one by one. */
export const parse: Stage = {
  name: 'parse',
  run(sheet) {
    const { packet, arrival } = sheet;
    const fault = packet.parse(arrival.bytes);
    if (fault !== undefined) {
      sheet.isCacheable = false;
      return drop(fault);
    }
    if (packet.fragment !== FRAGMENT_NONE || packet.isIcmpError || packet.hasOptions) sheet.isCacheable = false;
    return undefined;
  },
  describe: ({ packet, arrival }) =>
    packet.totalLength > 0 ? describePacket(packet) : `${arrival.bytes.length} bytes that are no packet`,
};
