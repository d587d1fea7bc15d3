import { ActionTable, type FlowAction } from '../action.ts';
import type { InstalledContext } from '../context-table.ts';
import type { DependencySets } from '../dependency-sets.ts';
import type { CacheTerms, FlowInfo } from '../fast-path.ts';
import { KEY_WORDS } from '../flow-key.ts';
import { ACTIVE, FlowTable, NO_UPCALL, PENDING } from '../flow-table.ts';
import { describeFlow } from './flow-info.ts';

export interface FlowCacheOptions {
  /** Flows in all, and of one port or ingress context. */
  readonly capacity: number;
  readonly quota: number;
  /** Random, for the flow table's hash. */
  readonly seed: number;
}

/** Cached decisions: the flow table with the actions and dependency sets that its entries share. */
export class FlowCache {
  readonly table: FlowTable;
  readonly #actions = new ActionTable();
  readonly #dependencies: DependencySets;
  readonly #detach: (upcall: number) => void;

  /** `detach` is told the upcall of a pending entry that goes before it is answered. */
  constructor(options: FlowCacheOptions, dependencies: DependencySets, detach: (upcall: number) => void) {
    this.table = new FlowTable({ ...options, onRemove: (slot) => this.#release(slot) });
    this.#dependencies = dependencies;
    this.#detach = detach;
  }

  isPending(slot: number): boolean {
    return this.table.state[slot] === PENDING;
  }

  upcallOf(slot: number): number {
    return this.table.action[slot] ?? NO_UPCALL;
  }

  setUpcall(slot: number, upcall: number): void {
    this.table.action[slot] = upcall;
  }

  /** False when the state that the entry depends on changed, or its time is up. */
  isFresh(slot: number, now: number): boolean {
    const generation = this.#dependencies.generation(this.table.dependencies[slot] ?? -1);
    return this.table.generation[slot] === generation && now < (this.table.validUntil[slot] ?? 0);
  }

  /** The entry waits for a new decision. */
  suspend(slot: number): void {
    this.#release(slot);
    this.table.state[slot] = PENDING;
    this.table.action[slot] = NO_UPCALL;
  }

  activate(slot: number, action: FlowAction, terms: CacheTerms, now: number): void {
    const { table } = this;
    const dependencies = this.#dependencies.acquire(terms.reads);
    table.action[slot] = this.#actions.acquire(action);
    table.dependencies[slot] = dependencies;
    table.generation[slot] = this.#dependencies.generation(dependencies);
    table.validUntil[slot] = terms.validUntil;
    table.maxLength[slot] = terms.maxLength;
    table.lastUsed[slot] = now;
    table.state[slot] = ACTIVE;
  }

  isWithin(slot: number, length: number): boolean {
    return length <= (this.table.maxLength[slot] ?? 0);
  }

  /** Counts one packet of `bytes` and says what is done with it. */
  use(slot: number, bytes: number, now: number): FlowAction | undefined {
    const { table } = this;
    table.lastUsed[slot] = now;
    table.packets[slot] = (table.packets[slot] ?? 0) + 1;
    table.bytes[slot] = (table.bytes[slot] ?? 0) + bytes;
    return this.#actions.get(table.action[slot] ?? -1);
  }

  list(limit: number, now: number, contextOf: (ingress: number) => InstalledContext | undefined): FlowInfo[] {
    return this.table.mostRecent(limit).map((slot) => {
      const action = this.isPending(slot) ? undefined : this.#actions.get(this.table.action[slot] ?? -1);
      const context = contextOf(this.table.keys[slot * KEY_WORDS] ?? 0);
      return describeFlow(this.table, slot, action, context, now);
    });
  }

  #release(slot: number): void {
    if (this.isPending(slot)) return this.#detach(this.upcallOf(slot));
    this.#actions.release(this.table.action[slot] ?? -1);
    this.#dependencies.release(this.table.dependencies[slot] ?? -1);
  }
}
