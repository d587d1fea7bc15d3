import { describe, expect, it } from 'vitest';
import { ipv4PacketOf, UNKNOWN_LINK_TYPE } from '../../../../src/cli/decode/link-layer.ts';

const MACS = '020000000001020000000002';
const SLL = '0000000100060200000000010000';
const SLL2_AFTER_TYPE = '0000000000020001000602000000000100000000'.slice(4);

function packetIn(linkType: number, hex: string): string | undefined {
  const packet = ipv4PacketOf(linkType, Buffer.from(hex, 'hex'));
  return packet instanceof Uint8Array ? Buffer.from(packet).toString('hex') : packet;
}

describe('the IPv4 packet in a captured one', () => {
  it.each([
    ['RAW', 101, '45aa'],
    ['Ethernet', 1, `${MACS}080045aa`],
    ['Ethernet with a VLAN tag', 1, `${MACS}81000064080045aa`],
    ['Ethernet with two VLAN tags', 1, `${MACS}88a8006481000065080045aa`],
    ['Linux SLL', 113, `${SLL}080045aa`],
    ['Linux SLL with a VLAN tag', 113, `${SLL}81000064080045aa`],
    ['Linux SLL2', 276, `0800${SLL2_AFTER_TYPE}45aa`],
    ['LOOP', 108, '0000000245aa'],
    ['NULL, big endian', 0, '0000000245aa'],
    ['NULL, little endian', 0, '0200000045aa'],
  ])('is found under %s', (_, linkType, hex) => {
    expect(packetIn(linkType, hex)).toBe('45aa');
  });

  it.each([
    ['ARP', 1, `${MACS}08060001`],
    ['IPv6', 1, `${MACS}86dd6000`],
    ['three VLAN tags', 1, `${MACS}8100006481000064810000640800`],
    ['IPv6 in SLL2', 276, `86dd${SLL2_AFTER_TYPE}60`],
    ['IPv6 in LOOP', 108, '0000001860'],
    ['a header that is cut', 1, '0200'],
    ['nothing', 276, ''],
  ])('is not seen in %s', (_, linkType, hex) => {
    expect(packetIn(linkType, hex)).toBeUndefined();
  });

  it('cannot be found under a link type that is not known', () => {
    expect(packetIn(147, '45aa')).toBe(UNKNOWN_LINK_TYPE);
  });
});
