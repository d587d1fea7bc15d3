import { type Endpoint, parseAddress, parseEndpoint, parsePrefix } from '../base/ipv4.ts';
import type { HostItem, MappingKey, PortItem, SubnetItem } from '../control/messages.ts';
import {
  type CloudRecord,
  DEFAULT_MTU,
  DEFAULT_UNDERLAY_PORT,
  type Kind,
  KINDS,
  REFERENCES,
  type RecordTypes,
} from '../model/records.ts';

export interface StoredRecord<K extends Kind = Kind> {
  readonly spec: RecordTypes[K];
  /** The store's revision that last wrote it. */
  readonly revision: number;
}

export interface RecordChange {
  readonly kind: Kind;
  readonly name: string;
  /** `undefined`: it is gone. */
  readonly record: StoredRecord | undefined;
}

/** A port with all that follows from the records it refers to. */
export interface ResolvedPort {
  readonly host: string;
  /** Its revision is that of the newest of these records. */
  readonly item: PortItem;
}

/** What a change of records may have altered. */
export interface CloudTouch {
  /** Hosts whose ports or subnets may differ. */
  readonly hosts: ReadonlySet<string>;
  /** Mapping keys, see `mappingId`, whose port may differ. */
  readonly keys: ReadonlySet<string>;
}

interface Reference {
  readonly kind: Kind;
  readonly name: string;
}

/** (GNI, address) as one text, for maps. */
export function mappingId({ gni, address }: MappingKey): string {
  return `${gni}/${address}`;
}

/** The records of the cloud with the indexes that the daemon needs. Invariant: records obey `validateCloud`. */
export class CloudView {
  readonly #records = Object.fromEntries(KINDS.map((kind) => [kind, new Map()])) as {
    readonly [K in Kind]: Map<string, StoredRecord<K>>;
  };
  /** By `kind/name`: the records that refer to it. */
  readonly #referrers = new Map<string, Map<string, Reference>>();
  readonly #ports = new Map<string, ResolvedPort>();
  readonly #portByMapping = new Map<string, string>();
  /** By `host/gni`: names of the host's ports of the GNI. */
  readonly #portsOfGni = new Map<string, Set<string>>();

  find<K extends Kind>(kind: K, name: string): StoredRecord<K> | undefined {
    return this.#records[kind].get(name);
  }

  ofKind<K extends Kind>(kind: K): StoredRecord<K>[] {
    return [...this.#records[kind].values()] as StoredRecord<K>[];
  }

  count(kind: Kind): number {
    return this.#records[kind].size;
  }

  all(): CloudRecord[] {
    return KINDS.flatMap((kind) => this.ofKind(kind).map(({ spec }) => ({ kind, spec }) as CloudRecord));
  }

  referrers(kind: Kind, name: string): Reference[] {
    return [...(this.#referrers.get(`${kind}/${name}`)?.values() ?? [])];
  }

  port(name: string): ResolvedPort | undefined {
    return this.#ports.get(name);
  }

  portAt(key: MappingKey): ResolvedPort | undefined {
    const name = this.#portByMapping.get(mappingId(key));
    return name === undefined ? undefined : this.#ports.get(name);
  }

  portsOf(host: string): ResolvedPort[] {
    return this.#referring('host', host, 'port').flatMap((name) => this.#ports.get(name) ?? []);
  }

  /**
   * The revision since which the host has had ports of the GNI, or a later one; it never goes back
   * while it has any. `undefined` when it has none.
   */
  gniSince(host: string, gni: number): number | undefined {
    const names = this.#portsOfGni.get(`${host}/${gni}`);
    if (names === undefined) return undefined;
    return Math.min(...[...names].map((name) => this.#ports.get(name)?.item.revision ?? Infinity));
  }

  endpointOf(host: string): Endpoint | undefined {
    const record = this.find('host', host);
    return record === undefined ? undefined : parseEndpoint(record.spec.underlay, DEFAULT_UNDERLAY_PORT);
  }

  hostItem(host: string): HostItem[] {
    const endpoint = this.endpointOf(host);
    const revision = this.find('host', host)?.revision;
    return endpoint === undefined || revision === undefined ? [] : [{ kind: 'host', name: host, revision, endpoint }];
  }

  /** The prefixes of all networks of which the host has ports. */
  subnetItemsOf(host: string): SubnetItem[] {
    const seenSince = new Map<string, number>();
    for (const { item } of this.portsOf(host)) {
      seenSince.set(item.network, Math.min(seenSince.get(item.network) ?? Infinity, item.revision));
    }
    return [...seenSince].flatMap(([network, since]) =>
      this.#referring('network', network, 'subnet').flatMap((subnet) => this.#subnetItem(subnet, since)),
    );
  }

  apply(changes: readonly RecordChange[]): CloudTouch {
    const touched = this.#portsBelow(changes);
    for (const change of changes) this.#replace(change);
    for (const name of this.#portsBelow(changes)) touched.add(name);
    const hosts = new Set<string>();
    const keys = new Set<string>();
    const note = (name: string) => {
      const port = this.#ports.get(name);
      if (port === undefined) return;
      hosts.add(port.host);
      for (const address of port.item.addresses) keys.add(mappingId({ gni: port.item.gni, address }));
    };
    for (const name of touched) note(name);
    for (const name of touched) this.#forget(name);
    for (const name of touched) this.#resolve(name);
    for (const name of touched) note(name);
    return { hosts, keys };
  }

  #replace({ kind, name, record }: RecordChange): void {
    const records = this.#records[kind] as Map<string, StoredRecord>;
    const before = records.get(name);
    for (const target of before === undefined ? [] : referencesOf(kind, before)) {
      this.#referrers.get(target)?.delete(`${kind}/${name}`);
      if (this.#referrers.get(target)?.size === 0) this.#referrers.delete(target);
    }
    if (record === undefined) records.delete(name);
    else records.set(name, record);
    for (const target of record === undefined ? [] : referencesOf(kind, record)) {
      const referrers = this.#referrers.get(target) ?? new Map<string, Reference>();
      this.#referrers.set(target, referrers.set(`${kind}/${name}`, { kind, name }));
    }
  }

  /** Names of the ports that the changed records have a part in. A subnet concerns all of its network. */
  #portsBelow(changes: readonly RecordChange[]): Set<string> {
    const ports = new Set<string>();
    const visited = new Set<string>();
    const visit = (kind: Kind, name: string): void => {
      const id = `${kind}/${name}`;
      if (visited.has(id)) return;
      visited.add(id);
      if (kind === 'port') ports.add(name);
      for (const referrer of this.referrers(kind, name)) visit(referrer.kind, referrer.name);
    };
    for (const { kind, name } of changes) {
      const network = kind === 'subnet' ? this.find('subnet', name)?.spec.network : undefined;
      if (network !== undefined) visit('network', network);
      visit(kind, name);
    }
    return ports;
  }

  #forget(name: string): void {
    const port = this.#ports.get(name);
    if (port === undefined) return;
    this.#ports.delete(name);
    const gniId = `${port.host}/${port.item.gni}`;
    this.#portsOfGni.get(gniId)?.delete(name);
    if (this.#portsOfGni.get(gniId)?.size === 0) this.#portsOfGni.delete(gniId);
    for (const address of port.item.addresses) {
      const id = mappingId({ gni: port.item.gni, address });
      if (this.#portByMapping.get(id) === name) this.#portByMapping.delete(id);
    }
  }

  #resolve(name: string): void {
    const port = this.find('port', name);
    const subnet = port && this.find('subnet', port.spec.subnet);
    const network = subnet && this.find('network', subnet.spec.network);
    const tenant = network && this.find('tenant', network.spec.tenant);
    const prefix = subnet && parsePrefix(subnet.spec.prefix);
    if (!(port && subnet && network && tenant && prefix)) return;
    const { spec } = port;
    const item: PortItem = {
      kind: 'port',
      name,
      revision: Math.max(port.revision, subnet.revision, network.revision, tenant.revision),
      gni: tenant.spec.gni,
      network: network.spec.name,
      subnet: prefix,
      addresses: spec.addresses.flatMap((address) => parseAddress(address) ?? []),
      mtu: network.spec.mtu ?? DEFAULT_MTU,
      labels: network.spec.labels ?? [],
      device: spec.device,
      namespace: spec.namespace,
    };
    this.#ports.set(name, { host: spec.host, item });
    const gniId = `${spec.host}/${item.gni}`;
    this.#portsOfGni.set(gniId, (this.#portsOfGni.get(gniId) ?? new Set<string>()).add(name));
    for (const address of item.addresses) this.#portByMapping.set(mappingId({ gni: item.gni, address }), name);
  }

  /**
   * A host that lost its last port of a network was told that the subnet is gone, at that revision.
   * `since`, the revision of its oldest port now, is newer, and it never goes back while there are ports.
   */
  #subnetItem(name: string, since: number): SubnetItem[] {
    const subnet = this.find('subnet', name);
    const network = subnet && this.find('network', subnet.spec.network);
    const tenant = network && this.find('tenant', network.spec.tenant);
    const prefix = subnet && parsePrefix(subnet.spec.prefix);
    if (!(subnet && network && tenant && prefix)) return [];
    const revision = Math.max(since, subnet.revision, network.revision, tenant.revision);
    return [{ kind: 'subnet', name, revision, gni: tenant.spec.gni, network: network.spec.name, prefix }];
  }

  #referring(kind: Kind, name: string, by: Kind): string[] {
    return this.referrers(kind, name).flatMap((referrer) => (referrer.kind === by ? [referrer.name] : []));
  }
}

function referencesOf(kind: Kind, { spec }: StoredRecord): string[] {
  return Object.entries(REFERENCES[kind]).map(
    ([field, target]) => `${target}/${(spec as Record<string, unknown>)[field] as string}`,
  );
}
