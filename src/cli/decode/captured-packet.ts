/** The most bytes that one record or block of a capture may have; tools write at most 256 KiB of a packet. */
export const MAX_BLOCK_BYTES = 1024 * 1024;

/** One packet of a capture, of either format. */
export interface CapturedPacket {
  /** Since 1970, UTC; `undefined` where the capture does not say (simple packet blocks). */
  readonly timeNs: bigint | undefined;
  /** What `bytes` begins with: a LINKTYPE_ number (www.tcpdump.org/linktypes.html). */
  readonly linkType: number;
  /** What was captured, which may be less than what was sent. Valid until the next packet is asked for. */
  readonly bytes: Uint8Array;
  /** Bytes of the packet as it was sent. */
  readonly originalLength: number;
  /** Where it was captured, which way it went there, and what its capturer noted; only pcapng tells. */
  readonly interfaceName?: string | undefined;
  readonly direction?: 'inbound' | 'outbound' | undefined;
  readonly comment?: string | undefined;
}
