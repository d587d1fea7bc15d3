import { type Endpoint, endpointNumber } from '../../base/ipv4.ts';
import type { HostItem } from '../../control/messages.ts';
import type { PeerView } from '../../model/snapshot.ts';
import { Departed } from './departed.ts';
import type { StateKeys, Touched } from './state-keys.ts';

interface Peer extends PeerView {
  revision: number;
}

/** The other hosts that this one talks with, by name and by where they receive. */
export class PeerTable {
  readonly #byName = new Map<string, Peer>();
  readonly #byEndpoint = new Map<number, Peer>();
  readonly #departed = new Departed<string>();
  readonly #keys: StateKeys;
  readonly #touched: Touched;

  constructor(keys: StateKeys, touched: Touched) {
    this.#keys = keys;
    this.#touched = touched;
  }

  get(name: string): PeerView | undefined {
    return this.#byName.get(name);
  }

  byEndpoint(endpoint: Endpoint): PeerView | undefined {
    return this.#byEndpoint.get(endpointNumber(endpoint));
  }

  endpoints(): Endpoint[] {
    return [...this.#byName.values()].map((peer) => peer.endpoint);
  }

  names(): string[] {
    return [...this.#byName.keys()];
  }

  /** The key stays when the endpoint changes: decisions towards the peer depend on it. */
  set(item: HostItem): void {
    const known = this.#byName.get(item.name);
    if (known !== undefined && known.revision >= item.revision) return;
    if (this.#departed.isOlder(item.name, item.revision)) return;
    const { name, endpoint, revision } = item;
    const key = known?.key ?? this.#keys.create(`host ${name}`);
    if (known !== undefined) this.#forgetEndpoint(known);
    this.#keys.renew(key, revision);
    const peer = { key, name, endpoint, revision };
    const displaced = this.#byEndpoint.get(endpointNumber(endpoint));
    this.#byName.set(name, peer);
    this.#byEndpoint.set(endpointNumber(endpoint), peer);
    this.#touched(displaced === undefined ? [key] : [key, displaced.key]);
  }

  /** The daemon said so at a revision. */
  depart(name: string, revision: number): void {
    if ((this.#byName.get(name)?.revision ?? 0) > revision) return;
    this.#departed.remember(name, revision);
    this.remove(name);
  }

  remove(name: string): void {
    const peer = this.#byName.get(name);
    if (peer === undefined) return;
    this.#byName.delete(name);
    this.#forgetEndpoint(peer);
    this.#touched([peer.key]);
    this.#keys.forget(peer.key);
  }

  forgetRevisions(): void {
    this.#departed.clear();
    for (const peer of this.#byName.values()) peer.revision = -1;
  }

  /** Hosts may swap endpoints: one that still has this one gets it back. */
  #forgetEndpoint(peer: Peer): void {
    const number = endpointNumber(peer.endpoint);
    if (this.#byEndpoint.get(number) !== peer) return;
    this.#byEndpoint.delete(number);
    for (const other of this.#byName.values()) {
      if (other.name === peer.name || endpointNumber(other.endpoint) !== number) continue;
      this.#byEndpoint.set(number, other);
      this.#touched([other.key]);
    }
  }
}
