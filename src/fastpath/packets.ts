import type { Endpoint } from '../base/ipv4.ts';

/** What comes into the dataplane. `bytes` is borrowed: valid only until the call it was passed to returns. */
export type InPacket = GuestPacket | UnderlayDatagram;

/** A packet that a guest sent: `bytes` starts at its IP header. */
export interface GuestPacket {
  readonly kind: 'guest';
  /** The index that the agent gave the port. */
  readonly port: number;
  readonly bytes: Uint8Array;
}

/** The payload of a UDP datagram that another host sent: `bytes` starts at the envelope. */
export interface UnderlayDatagram {
  readonly kind: 'underlay';
  readonly source: Endpoint;
  /** The outer IPv4 TOS byte; its low two bits are ECN. */
  readonly tos: number;
  readonly bytes: Uint8Array;
}

/** What leaves the dataplane. The receiver of the call copies what it needs before it returns. */
export type OutPacket = ToGuest | ToHost;

export interface ToGuest {
  readonly kind: 'guest';
  readonly port: number;
  /** The whole IP packet. */
  readonly bytes: Uint8Array;
}

export interface ToHost {
  readonly kind: 'underlay';
  readonly destination: Endpoint;
  readonly tos: number;
  /** Envelope and header body, which go in front of `bytes` on the wire. */
  readonly header: Uint8Array;
  /** The guest's IP packet. */
  readonly bytes: Uint8Array;
}
