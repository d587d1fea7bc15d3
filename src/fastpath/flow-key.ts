import { FRAGMENT_NONE, type PacketView } from '../packet/packet-view.ts';
import { PROTOCOL_ICMP } from '../packet/protocols.ts';

/** Words of one flow key. */
export const KEY_WORDS = 5;

/**
 * Ingress numbers: a guest's port index as it is, an ingress context's number above this.
 */
export const FIRST_CONTEXT = 0x10000;

/**
 * Writes the key of the packet's flow: ingress, source, destination, ports (or ICMP type, code and
 * id), protocol. The fragment state is always "none": other packets have no flow.
 */
export function writeFlowKey(key: Uint32Array, ingress: number, packet: PacketView): void {
  key[0] = ingress;
  key[1] = packet.source;
  key[2] = packet.destination;
  key[3] =
    packet.protocol === PROTOCOL_ICMP
      ? (packet.icmpType << 24) | (packet.icmpCode << 16) | packet.icmpId
      : (packet.sourcePort << 16) | packet.destinationPort;
  key[4] = packet.protocol;
}

/** Fragments, ICMP errors (they quote another flow) and packets with IP options are never cached. */
export function hasFlow(packet: PacketView): boolean {
  return packet.fragment === FRAGMENT_NONE && !packet.isIcmpError && !packet.hasOptions;
}
