import type { Endpoint } from '../base/ipv4.ts';
import { type Logger, silentLogger } from '../base/log.ts';
import type {
  AgreementGoneItem,
  AgreementItem,
  HostGoneItem,
  HostItem,
  MappingItem,
  SubnetGoneItem,
  SubnetItem,
} from '../control/messages.ts';
import type {
  AgreementView,
  LocalPort,
  MappingView,
  NetworkView,
  PeerView,
  Snapshot,
  StateKey,
  SubnetView,
} from '../model/snapshot.ts';
import { AgreementTable } from './state/agreement-table.ts';
import { LocalPortTable } from './state/local-port-table.ts';
import { logAgreementChange, logPeerChange } from './state/log-change.ts';
import { MappingTable } from './state/mapping-table.ts';
import { NetworkTable } from './state/network-table.ts';
import { PeerTable } from './state/peer-table.ts';
import { type KeyedRecord, StateKeys } from './state/state-keys.ts';

/** Everything but ports, whose life is the business of `port-set.ts`. */
export type StateItem =
  | SubnetItem
  | SubnetGoneItem
  | HostItem
  | HostGoneItem
  | MappingItem
  | AgreementItem
  | AgreementGoneItem;

/** A port as its record says it, at the record's revision. */
export interface PortView extends Omit<LocalPort, 'key' | 'network'> {
  readonly network: Omit<NetworkView, 'key'>;
  readonly revision: number;
}

/**
 * What this host knows of the cloud. It changes only between decisions, one item at a time; every
 * change names the keys that it touched, and an older revision never replaces a newer one.
 */
export class HostState implements Snapshot {
  readonly host: string;
  readonly mappings: MappingTable;
  readonly agreements: AgreementTable;
  readonly peers: PeerTable;
  readonly #keys = new StateKeys();
  readonly #networks: NetworkTable;
  readonly #ports: LocalPortTable;
  readonly #log: Logger;

  /** `touched` is told the keys of every change, after it took effect. */
  constructor(host: string, touched: (keys: readonly StateKey[]) => void, log: Logger = silentLogger) {
    this.host = host;
    this.#log = log;
    this.mappings = new MappingTable(this.#keys, touched);
    this.agreements = new AgreementTable(host, this.#keys, touched, (name) => this.peers.get(name)?.key);
    this.peers = new PeerTable(this.#keys, touched);
    this.#networks = new NetworkTable(this.#keys, touched);
    this.#ports = new LocalPortTable(touched);
  }

  portByIndex(index: number): LocalPort | undefined {
    return this.#ports.byIndex(index);
  }

  localPort(gni: number, address: number): LocalPort | undefined {
    return this.#ports.byAddress(gni, address);
  }

  subnet(network: NetworkView, address: number): SubnetView | undefined {
    return this.#networks.subnet(network, address);
  }

  mapping(gni: number, address: number): MappingView | undefined {
    return this.mappings.get(gni, address);
  }

  peer(name: string): PeerView | undefined {
    return this.peers.get(name);
  }

  peerByEndpoint(endpoint: Endpoint): PeerView | undefined {
    return this.peers.byEndpoint(endpoint);
  }

  outgoing(peer: PeerView): AgreementView | undefined {
    return this.agreements.outgoing(peer.name);
  }

  incoming(peer: PeerView, id: number): AgreementView | undefined {
    return this.agreements.incoming(peer.name, id);
  }

  /** A port whose device is up takes part from now on; one of this index changes without a gap. */
  setPort(port: PortView, now: number): void {
    const { index, name, addresses, revision } = port;
    const before = this.#ports.byIndex(index);
    const network = this.#networks.view(port.network, revision);
    const key = before?.key ?? this.#keys.create(`port ${name}`);
    this.#keys.renew(key, revision);
    this.#ports.set({ index, name, addresses, network, key });
    if (before !== undefined) this.#forgetTenant(before.network.gni, now);
  }

  removePort(index: number, now: number): void {
    const port = this.#ports.byIndex(index);
    if (port === undefined) return;
    this.#ports.remove(port);
    this.#forgetTenant(port.network.gni, now);
    this.#keys.forget(port.key);
  }

  #forgetTenant(gni: number, now: number): void {
    if (!this.#ports.hasGni(gni)) this.mappings.expireGni(gni, now);
  }

  apply(item: StateItem, now: number): void {
    switch (item.kind) {
      case 'subnet':
        return this.#networks.setSubnet(item);
      case 'subnet-gone':
        return this.#networks.departSubnet(item.name, item.revision);
      case 'host':
        return this.#changePeer(item.name, () => this.peers.set(item));
      case 'host-gone':
        return this.#changePeer(item.name, () => this.peers.depart(item.name, item.revision));
      case 'mapping':
        return this.mappings.set(item, now);
      case 'agreement':
        return this.#changeAgreement(item.id, () => this.agreements.set(item));
      case 'agreement-gone':
        return this.#changeAgreement(item.id, () => this.agreements.depart(item.id, item.revision));
    }
  }

  /** Another incarnation of the store counts revisions anew: whatever it says replaces what is known. */
  forgetRevisions(): void {
    this.#keys.forgetRevisions();
    this.mappings.forgetRevisions();
    this.#networks.forgetRevisions();
    this.peers.forgetRevisions();
    this.agreements.forgetRevisions();
  }

  /** After a complete sync: what it did not name is gone. Mappings are asked for and stay. */
  keepOnly(named: { readonly [K in 'subnet' | 'host' | 'agreement']: ReadonlySet<string | number> }): void {
    for (const name of this.#networks.subnetNames()) if (!named.subnet.has(name)) this.#networks.removeSubnet(name);
    for (const id of this.agreements.ids()) {
      if (!named.agreement.has(id)) this.#changeAgreement(id, () => this.agreements.remove(id));
    }
    for (const name of this.peers.names()) {
      if (!named.host.has(name)) this.#changePeer(name, () => this.peers.remove(name));
    }
  }

  #changeAgreement(id: number, change: () => void): void {
    const before = this.agreements.get(id);
    change();
    logAgreementChange(this.#log, before, this.agreements.get(id));
  }

  #changePeer(name: string, change: () => void): void {
    const before = this.peers.get(name);
    change();
    logPeerChange(this.#log, before, this.peers.get(name));
  }

  /** What a key stands for; undefined once that is gone. */
  record(key: StateKey): KeyedRecord | undefined {
    return this.#keys.get(key);
  }

  /** The names of what a decision read, for people. */
  describeKeys(keys: readonly StateKey[]): string[] {
    return keys.map((key) => this.record(key)?.name ?? 'gone');
  }
}
