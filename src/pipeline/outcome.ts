import type { Endpoint } from '../base/ipv4.ts';
import type { StateKey } from '../model/snapshot.ts';
import type { DropReason } from './drop-reasons.ts';

/** (GNI, guest address) of a mapping that a decision wants. */
export interface WantedMapping {
  readonly gni: number;
  readonly address: number;
}

/** What happens to a packet: the closed set. */
export type Outcome =
  | { readonly kind: 'deliver'; readonly port: number }
  | {
      readonly kind: 'send';
      readonly host: string;
      readonly destination: Endpoint;
      /** Envelope and header body, to be put in front of the packet. */
      readonly header: Uint8Array;
      /** What the header is written under. */
      readonly agreement: number;
      readonly framework: string;
    }
  /** Back to the guest that sent it, with this whole IP packet. */
  | { readonly kind: 'reply'; readonly port: number; readonly packet: Uint8Array }
  | { readonly kind: 'hold'; readonly wanted: WantedMapping }
  | {
      readonly kind: 'drop';
      readonly reason: DropReason;
      /** A mapping that contradicts the packet and is worth asking for again. */
      readonly doubted?: WantedMapping;
    };

/** A datagram's header that was accepted: the fast path may accept its like. */
export interface IngressContext {
  readonly peer: string;
  readonly gni: number;
  readonly agreement: number;
  readonly framework: string;
  /** The keys that the context itself depends on. */
  readonly reads: readonly StateKey[];
}

export interface Decision {
  readonly outcome: Outcome;
  /** Present for datagrams whose header was accepted. */
  readonly context: IngressContext | undefined;
  /** False when the decision read a byte outside the flow key and the guards. */
  readonly isCacheable: boolean;
  /** Guard of a cached decision: bytes of the longest packet that it holds for. */
  readonly maxLength: number;
  /** Milliseconds for which it may be repeated without deciding again. */
  readonly validForMs: number;
  /** The state that it depends on, ascending, without repetition. */
  readonly reads: readonly StateKey[];
  /**
   * The one record that an operator looks at first: the one that a drop comes from, the mapping of a packet that is
   * sent, the port that one is delivered to. Undefined where the packet alone decided.
   */
  readonly decidedBy: StateKey | undefined;
}
