import type { Endpoint, Prefix } from '../../base/ipv4.ts';
import type { InPacket, OutPacket } from '../../fastpath/packets.ts';

/** How a port's TUN device is to be made. */
export interface DeviceOptions {
  /** Interface name, 1 to 15 bytes. */
  readonly name: string;
  /** A network namespace: a name below /run/netns, or an absolute path. Absent: the agent's own. */
  readonly namespace: string | undefined;
  /** Bytes of the largest IP packet, 576 to 65535. */
  readonly mtu: number;
  /** The guest's addresses; `length` is that of its subnet, which becomes a connected route. */
  readonly addresses: readonly { readonly address: number; readonly length: number }[];
  /** Further destinations routed into the device. */
  readonly routes: readonly Prefix[];
}

/** Why a device is no longer usable: the closed list. */
export const LOST_CAUSES = ['deleted', 'renamed', 'down', 'io-error'] as const;
export type LostCause = (typeof LOST_CAUSES)[number];

export interface IoEvents {
  /** One batch of packets, in order of arrival; their bytes are valid only during the call. */
  onPackets(batch: readonly InPacket[]): void;
  /** The port's device was taken away; it is closed already and delivers nothing more. */
  onPortLost(port: number, cause: LostCause): void;
  /** The I/O itself broke: the agent must end. */
  onFault(error: Error): void;
}

/** Packets and times that the I/O had to drop, each a counter since start. */
export interface IoCounters {
  readonly guestPacketsIn: number;
  readonly guestBytesIn: number;
  readonly guestPacketsOut: number;
  readonly guestBytesOut: number;
  readonly underlayPacketsIn: number;
  readonly underlayBytesIn: number;
  readonly underlayPacketsOut: number;
  readonly underlayBytesOut: number;
  /**
   * Rounds in which a guest's device or the socket was left unread, because it had its share of the ring towards
   * JavaScript. What then overflows is counted by the kernel: at the device (TX dropped), in `socketOverflow`.
   */
  readonly inRingFull: number;
  /** The ring towards the worker was full. */
  readonly outRingFull: number;
  /** A TUN device or the socket did not take a packet (queue full). */
  readonly guestWriteDropped: number;
  readonly underlaySendDropped: number;
  /** A datagram larger than the underlay's MTU: outer packets are never fragmented. */
  readonly underlayTooLong: number;
  /** The kernel dropped datagrams because the socket's buffer was full (SO_RXQ_OVFL). */
  readonly socketOverflow: number;
  readonly wakeups: number;
}

/** The two ends of the dataplane: guests' devices and the underlay socket. */
export interface PacketIo {
  /** The address that the underlay socket is bound to. */
  readonly underlay: Endpoint;
  /**
   * Makes the device of port `port` (an index of the agent's choice, 0 to 65535). Whatever the kernel refuses is
   * a UserError: `in-use` (the name is taken), `not-found` (no such namespace), `not-permitted`, `unsupported`,
   * `conflict` (somebody changed the namespace meanwhile, or a reason that is not foreseen), ...
   */
  openPort(port: number, options: DeviceOptions): Promise<void>;
  /** Removes the device; a port that is not open is ignored. */
  closePort(port: number): void;
  /** Hands packets over in order; what does not fit is dropped and counted. */
  send(packets: readonly OutPacket[]): void;
  counters(): IoCounters;
  /**
   * Whether the worker has done a round since the last call, each of which asks it for one: the first is always true,
   * and so are calls so far apart that the worker, were it alive, had its turn. Nothing is asked of it otherwise.
   */
  isMoving(): boolean;
  /** Removes every device, closes the socket and stops the worker. */
  close(): Promise<void>;
}
