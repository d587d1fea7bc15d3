/** LINKTYPE_ numbers and what stands before the IP packet in each (www.tcpdump.org/linktypes.html). */
const LINK_NULL = 0;
const LINK_ETHERNET = 1;
const LINK_RAW = 101;
const LINK_LOOP = 108;
const LINK_LINUX_SLL = 113;
const LINK_LINUX_SLL2 = 276;

const ETHERTYPE_IPV4 = 0x0800;
/** 802.1Q, 802.1ad. */
const ETHERTYPES_VLAN = new Set([0x8100, 0x88a8]);
/** VLAN tags of one packet: QinQ has two. */
const MAX_VLAN_TAGS = 2;
const VLAN_TAG_BYTES = 4;
const AF_INET = 2;

export const UNKNOWN_LINK_TYPE = 'unknown-link-type';

/** The IPv4 packet in a captured one; `undefined` where it holds something else. */
export function ipv4PacketOf(linkType: number, bytes: Uint8Array): Uint8Array | typeof UNKNOWN_LINK_TYPE | undefined {
  switch (linkType) {
    case LINK_RAW:
      return bytes;
    case LINK_ETHERNET:
      return afterEtherType(bytes, 12, 14);
    case LINK_LINUX_SLL:
      return afterEtherType(bytes, 14, 16);
    case LINK_LINUX_SLL2:
      return afterEtherType(bytes, 0, 20);
    case LINK_NULL:
    case LINK_LOOP:
      return afterAddressFamily(bytes);
    default:
      return UNKNOWN_LINK_TYPE;
  }
}

/** `typeAt` is where the EtherType stands, `start` where what it names begins, VLAN tags included. */
function afterEtherType(bytes: Uint8Array, typeAt: number, start: number): Uint8Array | undefined {
  let type = uint16(bytes, typeAt);
  let payload = start;
  for (let tags = 0; tags < MAX_VLAN_TAGS && ETHERTYPES_VLAN.has(type); tags++) {
    type = uint16(bytes, payload + 2);
    payload += VLAN_TAG_BYTES;
  }
  return type === ETHERTYPE_IPV4 ? bytes.subarray(payload) : undefined;
}

/** The family is 32 bits, in network order (LOOP) or in the order of whatever machine captured (NULL). */
function afterAddressFamily(bytes: Uint8Array): Uint8Array | undefined {
  const isInet =
    (uint16(bytes, 0) === 0 && uint16(bytes, 2) === AF_INET) ||
    (bytes[0] === AF_INET && uint16(bytes, 1) === 0 && bytes[3] === 0);
  return isInet ? bytes.subarray(4) : undefined;
}

/** 0 past the end, which names nothing that is looked for. */
function uint16(bytes: Uint8Array, at: number): number {
  return ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0);
}
