import type { Endpoint } from '../base/ipv4.ts';

/** A packet to decide on. Bytes are borrowed for the duration of the decision. */
export type Arrival =
  | {
      readonly kind: 'guest';
      readonly port: number;
      /** The IP packet. */
      readonly bytes: Uint8Array;
    }
  | {
      readonly kind: 'underlay';
      readonly source: Endpoint;
      /** The outer TOS byte. */
      readonly tos: number;
      /** Envelope and header body. */
      readonly header: Uint8Array;
      /** The inner IP packet. */
      readonly bytes: Uint8Array;
    };
