import type { MappingKey } from '../control/messages.ts';
import { type CloudView, mappingId } from './cloud-view.ts';

/** What a host said when a port came up. Kept in the store, so that a restart of the daemon forgets nothing. */
export interface LiveValue {
  readonly host: string;
  /** Of the agent that said so. */
  readonly boot: string;
  /** The revision of the item that it said so about. */
  readonly revision: number;
  readonly gni: number;
  readonly addresses: readonly number[];
}

export interface LiveEntry extends LiveValue {
  /** The store's revision that wrote the entry. */
  readonly modRevision: number;
}

/** Which host holds a guest address. */
export interface Mapping {
  readonly host: string;
  /** Grows with every change of the answer, from and to "nobody" included. */
  readonly revision: number;
}

/** Which ports are up, and where. */
export class LiveTable {
  readonly #entries = new Map<string, LiveEntry>();

  find(port: string): LiveEntry | undefined {
    return this.#entries.get(port);
  }

  /** Names of the ports that the host holds. */
  heldBy(host: string): string[] {
    return [...this.#entries].flatMap(([port, live]) => (live.host === host ? [port] : []));
  }

  /** Replaces or removes a port's entry; returns the mapping keys that it may alter. */
  apply(port: string, entry: LiveEntry | undefined): string[] {
    const before = this.#entries.get(port);
    if (entry === undefined) this.#entries.delete(port);
    else this.#entries.set(port, entry);
    return [before, entry].flatMap((live) =>
      live === undefined ? [] : live.addresses.map((address) => mappingId({ gni: live.gni, address })),
    );
  }

  /**
   * The address is held by the host that last said so, as long as a port's record has it. A port that
   * moved stays where it was until the new host has it, or the old one says that it let it go.
   */
  mapping(cloud: CloudView, key: MappingKey): Mapping | undefined {
    const port = cloud.portAt(key);
    const live = port && this.#entries.get(port.item.name);
    if (!(port && live) || live.gni !== key.gni || !live.addresses.includes(key.address)) return undefined;
    if (cloud.find('host', live.host) === undefined) return undefined;
    // An address that a record lost and got back is newer than the answer "nobody" in between.
    return { host: live.host, revision: Math.max(live.modRevision, port.item.revision) };
  }
}
