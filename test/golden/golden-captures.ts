import {
  type CapturedPacketFields,
  interfaceBlock,
  packetBlock,
  sectionHeader,
  statisticsBlock,
} from '../../src/cli/capture/pcapng-writer.ts';
import { goldenControl } from './golden-control-capture.ts';
import { goldenFrames } from './golden-frames-capture.ts';
import { goldenMalformed } from './golden-malformed-capture.ts';
import { joined, timeOf } from './golden-packets.ts';

const LINK_ETHERNET = 1;
const LINK_RAW = 101;

const PORT_SIDE = { name: 'a30', description: 'Netweft port a30, guest side', linkType: LINK_RAW, snapLength: 0 };
export const UNDERLAY_SIDE = {
  name: 'underlay',
  description: 'Netweft underlay of host x',
  linkType: LINK_ETHERNET,
  snapLength: 262_144,
};

/** The files of this folder: name without ending, and bytes. */
export function goldenCaptures(): ReadonlyMap<string, Uint8Array> {
  return new Map([
    ['frames', capture([PORT_SIDE, UNDERLAY_SIDE], goldenFrames())],
    ['malformed', capture([UNDERLAY_SIDE], goldenMalformed())],
    ['control', capture([UNDERLAY_SIDE], goldenControl())],
  ]);
}

/** Of packets in the order of their times. */
export function capture(
  interfaces: readonly (typeof UNDERLAY_SIDE)[],
  packets: readonly CapturedPacketFields[],
): Uint8Array {
  const statistics = interfaces.map((_, interfaceIndex) => {
    const received = packets.filter((packet) => packet.interfaceIndex === interfaceIndex).length;
    return statisticsBlock({ interfaceIndex, timeNs: timeOf(packets.length), received: BigInt(received), dropped: 0n });
  });
  return joined(sectionHeader('weft'), ...interfaces.map(interfaceBlock), ...packets.map(packetBlock), ...statistics);
}
