/**
 * Why a packet was dropped: the closed list, in the order in which a packet meets them. Each reason
 * is a counter; its text is what an operator reads. Parse faults (`packet-view.ts`) are reasons of the same
 * name, which the type of `drop` in `parse.ts` checks.
 */
export const DROP_REASONS = {
  'too-short': 'shorter than an IPv4 header',
  'not-ipv4': 'not an IPv4 packet; IPv6 guests are not supported',
  'bad-header-length': 'the IPv4 header length is wrong',
  'bad-total-length': 'the IPv4 total length does not match what arrived',
  'bad-header-checksum': 'the IPv4 header checksum is wrong',
  'truncated-transport': 'too short for the transport header that it announces',
  'unknown-port': 'came from a port that this host no longer has',
  'spoofed-source': 'a guest sent from an address that its port does not have',
  'not-unicast': 'a broadcast, multicast or reserved destination',
  'too-long': "longer than the network's MTU",
  'no-subnet': "no subnet of the guest's network covers the address",
  'no-such-guest': 'the mapping daemon knows no live port with this address',
  'port-not-up': 'the address belongs to this host, but its port is not up here',
  'unknown-host': 'the mapping names a host that this host knows nothing of',
  'no-agreement': 'no wire version is agreed with the other host',
  'labels-unsupported': "the agreed wire version cannot carry the network's label stack",
  'unknown-sender': 'a datagram from an address that is no known host',
  'bad-header': 'the envelope or header body does not decode',
  'wrong-agreement': 'the header names an agreement, or a version, that was not agreed with its sender',
  'gni-mismatch': 'source and destination GNI differ; tenants are not connected',
  'labels-mismatch': 'the label stack is not the one of the destination network',
  'source-not-there': 'the inner source does not live on the host that sent it',
  'no-such-port': 'no port of this host has the destination address',
  'ecn-not-capable': 'congestion was marked on a packet whose flow is not ECN-capable (RFC 6040)',
  'upcall-limit': 'too many packets of this origin wait for a decision',
  'pending-full': 'too many packets of this flow, or for this mapping, wait',
  'lookup-limit': 'its origin asks for too many new mappings',
  'hold-timeout': 'no mapping arrived in time',
} as const;

export type DropReason = keyof typeof DROP_REASONS;
export const DROP_REASON_NAMES = Object.keys(DROP_REASONS) as readonly DropReason[];
