import { formatPrefix } from '../../base/ipv4.ts';
import { PrefixTable } from '../../base/prefix-table.ts';
import type { SubnetItem } from '../../control/messages.ts';
import type { NetworkView, StateKey, SubnetView } from '../../model/snapshot.ts';
import { Departed } from './departed.ts';
import type { StateKeys, Touched } from './state-keys.ts';

interface Network {
  readonly key: StateKey;
  readonly subnets: PrefixTable<SubnetView>;
}

interface Subnet {
  readonly view: SubnetView;
  readonly network: Network;
  revision: number;
}

/**
 * The subnets of the networks that this host has ports in. An address that no subnet covers is a
 * reading of the network; a new prefix takes over readers of the prefix that covers it. A network
 * stays once it was named: there are as many as the mapping daemon ever told this agent of.
 */
export class NetworkTable {
  readonly #networks = new Map<string, Network>();
  readonly #subnets = new Map<string, Subnet>();
  readonly #departed = new Departed<string>();
  readonly #keys: StateKeys;
  readonly #touched: Touched;

  constructor(keys: StateKeys, touched: Touched) {
    this.#keys = keys;
    this.#touched = touched;
  }

  /** `revision` is that of the record that named it. */
  view(network: Omit<NetworkView, 'key'>, revision: number): NetworkView {
    const { key } = this.#network(network.gni, network.name);
    this.#keys.renew(key, revision);
    return { ...network, key };
  }

  subnet(network: NetworkView, address: number): SubnetView | undefined {
    return this.#networks.get(nameOf(network.gni, network.name))?.subnets.lookup(address);
  }

  setSubnet(item: SubnetItem): void {
    const known = this.#subnets.get(item.name);
    if (known !== undefined && known.revision >= item.revision) return;
    if (this.#departed.isOlder(item.name, item.revision)) return;
    this.removeSubnet(item.name);
    const network = this.#network(item.gni, item.network);
    const { prefix, revision } = item;
    const key = this.#keys.create(`subnet ${item.name} ${formatPrefix(prefix)}`);
    this.#keys.renew(key, revision);
    this.#keys.renew(network.key, revision);
    const view = { key, name: item.name, prefix };
    const covering = network.subnets.covering(prefix);
    network.subnets.set(prefix, view);
    this.#subnets.set(item.name, { view, network, revision });
    this.#touched([network.key, ...(covering === undefined ? [] : [covering.key])]);
  }

  /** The daemon said so at a revision. */
  departSubnet(name: string, revision: number): void {
    if ((this.#subnets.get(name)?.revision ?? 0) > revision) return;
    this.#departed.remember(name, revision);
    this.removeSubnet(name);
  }

  removeSubnet(name: string): void {
    const subnet = this.#subnets.get(name);
    if (subnet === undefined) return;
    const { view, network } = subnet;
    this.#subnets.delete(name);
    if (network.subnets.get(view.prefix) === view) network.subnets.delete(view.prefix);
    this.#touched([view.key, network.key]);
    this.#keys.forget(view.key);
  }

  subnetNames(): string[] {
    return [...this.#subnets.keys()];
  }

  forgetRevisions(): void {
    this.#departed.clear();
    for (const subnet of this.#subnets.values()) subnet.revision = -1;
  }

  #network(gni: number, name: string): Network {
    const known = this.#networks.get(nameOf(gni, name));
    if (known !== undefined) return known;
    const network = { key: this.#keys.create(`network ${name}`), subnets: new PrefixTable<SubnetView>() };
    this.#networks.set(nameOf(gni, name), network);
    return network;
  }
}

function nameOf(gni: number, network: string): string {
  return `${gni}/${network}`;
}
