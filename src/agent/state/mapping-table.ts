import { formatAddress } from '../../base/ipv4.ts';
import type { MappingItem, MappingKey } from '../../control/messages.ts';
import type { MappingView, StateKey } from '../../model/snapshot.ts';
import { Departed } from './departed.ts';
import type { StateKeys, Touched } from './state-keys.ts';

/**
 * Mappings that one agent remembers. The tenant with the most makes room, with the one learned first,
 * which is asked again when needed.
 */
export const MAX_MAPPINGS = 262_144;
/**
 * How long a mapping that nothing uses any more is remembered after it expired, so that a late
 * answer of an older revision cannot come back to life, ms.
 */
const REMEMBER_MS = 60_000;

interface Mapping extends MappingView {
  readonly gni: number;
  readonly address: number;
  readonly host: string | undefined;
  revision: number;
  expiresAt: number;
  /** An expired mapping answers no look-up; only its revision still counts. */
  isExpired: boolean;
}

/** Which host holds which guest address, as far as this host asked. */
export class MappingTable {
  /** By GNI, then by address, in the order in which they were learned. */
  readonly #byGni = new Map<number, Map<number, Mapping>>();
  readonly #departed = new Departed<string>();
  readonly #keys: StateKeys;
  readonly #touched: Touched;
  #size = 0;
  /** Items that were older than what is known. */
  stale = 0;
  /** Mappings that were forgotten to make room. */
  evicted = 0;

  constructor(keys: StateKeys, touched: Touched) {
    this.#keys = keys;
    this.#touched = touched;
  }

  get size(): number {
    return this.#size;
  }

  get(gni: number, address: number): MappingView | undefined {
    const mapping = this.#byGni.get(gni)?.get(address);
    return mapping === undefined || mapping.isExpired ? undefined : mapping;
  }

  set(item: MappingItem, now: number): void {
    const { gni, address } = item.key;
    const known = this.#byGni.get(gni)?.get(address);
    const isOlder =
      (known?.revision ?? 0) > item.revision || this.#departed.isOlder(nameOf(gni, address), item.revision);
    if (isOlder) {
      this.stale++;
      return;
    }
    if (known !== undefined) this.#keys.renew(known.key, item.revision);
    const expiresAt = now + item.validMs;
    if (known !== undefined && known.host === item.host && !known.isExpired) {
      known.revision = item.revision;
      known.expiresAt = expiresAt;
      return;
    }
    if (known === undefined) this.#makeRoom();
    const key = known?.key ?? this.#keys.create(`mapping ${gni}/${formatAddress(address)}`);
    this.#keys.renew(key, item.revision);
    this.#store({ key, gni, address, host: item.host, revision: item.revision, expiresAt, isExpired: false });
    this.#touched([key]);
  }

  /** Mappings whose time is up: to be asked again where `isUsed`, else expired here. */
  takeDue(now: number, isUsed: (key: StateKey) => boolean): MappingKey[] {
    const due: MappingKey[] = [];
    for (const mapping of this.#all()) {
      if (mapping.expiresAt > now) continue;
      const isWorthAsking = !mapping.isExpired && mapping.host !== undefined && isUsed(mapping.key);
      if (isWorthAsking) due.push({ gni: mapping.gni, address: mapping.address });
      else this.#expire(mapping, now);
    }
    return due;
  }

  /**
   * This host has no port of the GNI any more and hears of no changes: what it knew is asked anew if
   * a port comes back.
   */
  expireGni(gni: number, now: number): void {
    for (const mapping of this.#byGni.get(gni)?.values() ?? []) if (!mapping.isExpired) this.#expire(mapping, now);
  }

  /** The mapping daemon forgot this host and tells it no changes of what it told before: all of it is due. */
  makeDue(now: number): void {
    for (const mapping of this.#all()) {
      if (!mapping.isExpired) mapping.expiresAt = Math.min(mapping.expiresAt, now);
    }
  }

  revisionOf(key: MappingKey): number | undefined {
    return this.#byGni.get(key.gni)?.get(key.address)?.revision;
  }

  forgetRevisions(): void {
    this.#departed.clear();
    for (const mapping of this.#all()) mapping.revision = -1;
  }

  #store(mapping: Mapping): void {
    const mappings = this.#byGni.get(mapping.gni) ?? new Map<number, Mapping>();
    if (!mappings.has(mapping.address)) this.#size++;
    mappings.set(mapping.address, mapping);
    this.#byGni.set(mapping.gni, mappings);
  }

  *#all(): Generator<Mapping> {
    for (const mappings of this.#byGni.values()) yield* mappings.values();
  }

  #makeRoom(): void {
    if (this.#size < MAX_MAPPINGS) return;
    let most: Map<number, Mapping> | undefined;
    for (const mappings of this.#byGni.values()) if (mappings.size > (most?.size ?? 0)) most = mappings;
    const [first] = most?.values() ?? [];
    if (first === undefined) return;
    this.evicted++;
    this.#departed.remember(nameOf(first.gni, first.address), first.revision);
    this.#forget(first);
    this.#touched([first.key]);
  }

  #expire(mapping: Mapping, now: number): void {
    if (!mapping.isExpired) {
      mapping.isExpired = true;
      mapping.expiresAt = now + REMEMBER_MS;
      this.#touched([mapping.key]);
      return;
    }
    this.#forget(mapping);
  }

  #forget(mapping: Mapping): void {
    const mappings = this.#byGni.get(mapping.gni);
    mappings?.delete(mapping.address);
    if (mappings?.size === 0) this.#byGni.delete(mapping.gni);
    this.#size--;
    this.#keys.forget(mapping.key);
  }
}

function nameOf(gni: number, address: number): string {
  return `${gni}/${address}`;
}
