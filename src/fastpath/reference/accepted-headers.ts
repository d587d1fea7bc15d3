import type { Endpoint } from '../../base/ipv4.ts';
import type { Arrival } from '../../pipeline/arrival.ts';
import { ContextTable, type InstalledContext } from '../context-table.ts';
import type { DependencySets } from '../dependency-sets.ts';
import type { AcceptedContext } from '../fast-path.ts';

/** The ingress contexts with the state that they depend on: they go when it changes, or when unused. */
export class AcceptedHeaders {
  readonly #contexts: ContextTable;
  readonly #dependencies: DependencySets;
  readonly #dropped: (ingress: number) => void;

  /** `dropped` is told the ingress of a context that went, whose flows go with it. */
  constructor(seed: number, dependencies: DependencySets, dropped: (ingress: number) => void) {
    this.#contexts = new ContextTable(seed);
    this.#dependencies = dependencies;
    this.#dropped = dropped;
  }

  get size(): number {
    return this.#contexts.size;
  }

  byIngress(ingress: number): InstalledContext | undefined {
    return this.#contexts.byIngress(ingress);
  }

  /** The ingress of an accepted header; undefined for one that has to be decided first. */
  use(source: Endpoint, header: Uint8Array, now: number): number | undefined {
    const context = this.#contexts.find(source, header);
    if (context !== undefined) context.lastUsed = now;
    return context?.ingress;
  }

  /** A sender with as many contexts as it may have loses the one that it used the longest time ago. */
  install(arrival: Extract<Arrival, { kind: 'underlay' }>, accepted: AcceptedContext, now: number): void {
    const { peer, agreement, framework } = accepted;
    if (this.#contexts.find(arrival.source, arrival.header) !== undefined) return;
    const idlest = this.#contexts.isFull(arrival.source) ? this.#contexts.idlest(arrival.source) : undefined;
    if (idlest !== undefined) this.#drop(idlest);
    const dependencies = this.#dependencies.acquire(accepted.reads);
    const generation = this.#dependencies.generation(dependencies);
    const header = arrival.header.slice();
    this.#contexts.add(arrival.source, { header, peer, agreement, framework, dependencies, generation, lastUsed: now });
  }

  removeStale(): void {
    for (const context of this.#contexts.all()) {
      if (context.generation !== this.#dependencies.generation(context.dependencies)) this.#drop(context);
    }
  }

  removeIdle(since: number): void {
    for (const context of this.#contexts.all()) if (context.lastUsed < since) this.#drop(context);
  }

  #drop(context: InstalledContext): void {
    this.#contexts.remove(context);
    this.#dependencies.release(context.dependencies);
    this.#dropped(context.ingress);
  }
}
