import { type Endpoint, endpointNumber } from '../base/ipv4.ts';
import { FIRST_CONTEXT } from './flow-key.ts';

/** Accepted headers of one sender: two agreements for each of five hundred tenants that hosts share. */
export const MAX_CONTEXTS_PER_PEER = 1024;

/** A header that `decide` accepted from a sender: the bytes that later datagrams must equal. */
export interface InstalledContext {
  /** The ingress number of its flows; never reused. */
  readonly ingress: number;
  readonly sender: number;
  readonly header: Uint8Array;
  readonly peer: string;
  readonly agreement: number;
  readonly framework: string;
  readonly dependencies: number;
  /** Generation of the dependency set at which it was accepted. */
  readonly generation: number;
  /** Time of the last datagram, ms. */
  lastUsed: number;
}

/** Ingress contexts by sender and header bytes, a bounded number for each sender. */
export class ContextTable {
  /** By sender, then by a hash of the header. */
  readonly #bySender = new Map<number, Map<number, InstalledContext[]>>();
  readonly #byIngress = new Map<number, InstalledContext>();
  readonly #perSender = new Map<number, number>();
  readonly #seed: number;
  #nextIngress = FIRST_CONTEXT;

  /** `seed` is random, so that no sender can make its headers collide. */
  constructor(seed: number) {
    this.#seed = seed;
  }

  get size(): number {
    return this.#byIngress.size;
  }

  find(source: Endpoint, header: Uint8Array): InstalledContext | undefined {
    const contexts = this.#bySender.get(endpointNumber(source))?.get(this.#hash(header));
    return contexts?.find((context) => isEqual(context.header, header));
  }

  byIngress(ingress: number): InstalledContext | undefined {
    return this.#byIngress.get(ingress);
  }

  isFull(source: Endpoint): boolean {
    return (this.#perSender.get(endpointNumber(source)) ?? 0) >= MAX_CONTEXTS_PER_PEER;
  }

  /** The context of the sender that was not used for the longest time. */
  idlest(source: Endpoint): InstalledContext | undefined {
    let idlest: InstalledContext | undefined;
    for (const contexts of this.#bySender.get(endpointNumber(source))?.values() ?? []) {
      for (const context of contexts) {
        if (idlest === undefined || context.lastUsed < idlest.lastUsed) idlest = context;
      }
    }
    return idlest;
  }

  add(source: Endpoint, context: Omit<InstalledContext, 'ingress' | 'sender'>): void {
    const sender = endpointNumber(source);
    const installed = { ...context, sender, ingress: this.#nextIngress++ };
    const byHash = this.#bySender.get(sender) ?? new Map<number, InstalledContext[]>();
    const hash = this.#hash(context.header);
    byHash.set(hash, [...(byHash.get(hash) ?? []), installed]);
    this.#bySender.set(sender, byHash);
    this.#perSender.set(sender, (this.#perSender.get(sender) ?? 0) + 1);
    this.#byIngress.set(installed.ingress, installed);
  }

  remove(context: InstalledContext): void {
    const { sender, ingress, header } = context;
    const byHash = this.#bySender.get(sender);
    if (byHash === undefined || !this.#byIngress.delete(ingress)) return;
    const hash = this.#hash(header);
    const left = (byHash.get(hash) ?? []).filter((other) => other !== context);
    if (left.length > 0) byHash.set(hash, left);
    else byHash.delete(hash);
    if (byHash.size === 0) this.#bySender.delete(sender);
    const count = (this.#perSender.get(sender) ?? 1) - 1;
    if (count > 0) this.#perSender.set(sender, count);
    else this.#perSender.delete(sender);
  }

  all(): InstalledContext[] {
    return [...this.#byIngress.values()];
  }

  /** Seeded FNV-1a (public domain), 32 bits. */
  #hash(bytes: Uint8Array): number {
    let hash = this.#seed ^ 0x811c9dc5;
    for (let at = 0; at < bytes.length; at++) hash = Math.imul(hash ^ (bytes[at] ?? 0), 0x01000193);
    return hash >>> 0;
  }
}

function isEqual(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  for (let at = 0; at < a.length; at++) if (a[at] !== b[at]) return false;
  return true;
}
