import { buildIcmpError } from '../../packet/build.ts';
import { FRAGMENT_LATER } from '../../packet/packet-view.ts';
import { ICMP_FRAGMENTATION_NEEDED, ICMP_UNREACHABLE } from '../../packet/protocols.ts';
import { drop } from '../drop.ts';
import type { Outcome } from '../outcome.ts';
import type { Sheet, Stage } from '../stage.ts';

/**
 * A packet longer than the network's MTU is answered "fragmentation needed" (RFC 1191) when it must
 * not be fragmented, and dropped otherwise: Netweft never fragments. ICMP errors and later fragments
 * are not answered (RFC 1122 section 3.2.2; what is not unicast does not come here).
 */
export const mtu: Stage = {
  name: 'mtu',
  run(sheet) {
    const { packet, port } = sheet;
    if (port === undefined) return undefined;
    sheet.maxLength = port.network.mtu;
    if (packet.totalLength <= port.network.mtu) return undefined;
    sheet.isCacheable = false;
    sheet.decidedBy = port.network.key;
    const isAnswered = packet.dontFragment && !packet.isIcmpError && packet.fragment !== FRAGMENT_LATER;
    return isAnswered ? tooBig(sheet, port.index, port.network.mtu) : drop('too-long');
  },
  describe: ({ packet, port }) => `${packet.totalLength} bytes, the network's MTU is ${port?.network.mtu}`,
};

/** The answer comes from the address that could not be reached: there is no router to name. */
function tooBig({ packet, arrival }: Sheet, port: number, nextHopMtu: number): Outcome {
  const reply = buildIcmpError({
    type: ICMP_UNREACHABLE,
    code: ICMP_FRAGMENTATION_NEEDED,
    nextHopMtu,
    source: packet.destination,
    destination: packet.source,
    quoted: arrival.bytes,
  });
  return { kind: 'reply', port, packet: reply };
}
