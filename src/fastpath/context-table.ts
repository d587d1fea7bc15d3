import type { Endpoint } from '../base/ipv4.ts';
import { FIRST_CONTEXT } from './flow-key.ts';

/** Accepted headers of one sender. */
export const MAX_CONTEXTS_PER_PEER = 256;

/** A header that `decide` accepted from a sender: the bytes that later datagrams must equal. */
export interface InstalledContext {
  /** The ingress number of its flows; never reused. */
  readonly ingress: number;
  readonly header: Uint8Array;
  readonly peer: string;
  readonly agreement: number;
  readonly framework: string;
  readonly dependencies: number;
  /** Generation of the dependency set at which it was accepted. */
  readonly generation: number;
}

/** A number that is equal for equal endpoints: 48 bits, exact in a double. */
export function endpointNumber(endpoint: Endpoint): number {
  return endpoint.address * 0x10000 + endpoint.port;
}

/** Ingress contexts by sender and header bytes, a few for each sender. */
export class ContextTable {
  readonly #byPeer = new Map<number, InstalledContext[]>();
  #nextIngress = FIRST_CONTEXT;
  #size = 0;

  get size(): number {
    return this.#size;
  }

  find(source: Endpoint, header: Uint8Array): InstalledContext | undefined {
    return this.#byPeer.get(endpointNumber(source))?.find((context) => isEqual(context.header, header));
  }

  byIngress(ingress: number): InstalledContext | undefined {
    for (const contexts of this.#byPeer.values()) {
      const found = contexts.find((context) => context.ingress === ingress);
      if (found !== undefined) return found;
    }
    return undefined;
  }

  /** Undefined when the sender has as many as it may. */
  add(source: Endpoint, context: Omit<InstalledContext, 'ingress'>): InstalledContext | undefined {
    const peer = endpointNumber(source);
    const contexts = this.#byPeer.get(peer) ?? [];
    if (contexts.length >= MAX_CONTEXTS_PER_PEER) return undefined;
    const installed = { ...context, ingress: this.#nextIngress++ };
    contexts.push(installed);
    this.#byPeer.set(peer, contexts);
    this.#size++;
    return installed;
  }

  /** Removes and returns the contexts for which `isStale` holds. */
  removeStale(isStale: (context: InstalledContext) => boolean): InstalledContext[] {
    const removed: InstalledContext[] = [];
    for (const [peer, contexts] of this.#byPeer) {
      const left = contexts.filter((context) => !isStale(context));
      if (left.length === contexts.length) continue;
      removed.push(...contexts.filter(isStale));
      if (left.length === 0) this.#byPeer.delete(peer);
      else this.#byPeer.set(peer, left);
    }
    this.#size -= removed.length;
    return removed;
  }
}

function isEqual(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  for (let at = 0; at < a.length; at++) if (a[at] !== b[at]) return false;
  return true;
}
