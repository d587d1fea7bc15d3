/** IP protocol numbers, ICMP types and TCP flags that Netweft looks at (IANA registries). */
export const PROTOCOL_ICMP = 1;
export const PROTOCOL_TCP = 6;
export const PROTOCOL_UDP = 17;

export const ICMP_ECHO_REPLY = 0;
export const ICMP_UNREACHABLE = 3;
export const ICMP_ECHO_REQUEST = 8;

/** Code of `ICMP_UNREACHABLE`: the packet is too big and must not be fragmented (RFC 1191). */
export const ICMP_FRAGMENTATION_NEEDED = 4;

export const TCP_SYN = 0x02;
export const TCP_ACK = 0x10;

export const IPV4_HEADER_BYTES = 20;
export const UDP_HEADER_BYTES = 8;
export const TCP_HEADER_BYTES = 20;
export const ICMP_HEADER_BYTES = 8;
