/**
 * What one host knows of the cloud, as `decide` reads it: a view at one revision that does not
 * change while a decision is made. Every record carries an integer `key`; a decision depends on the
 * keys of what it read, and reading that something is absent depends on the key of what would hold
 * it (a network for its subnets and local ports, a peer for its agreements).
 */
import type { Endpoint, Prefix } from '../base/ipv4.ts';

/** Names one piece of state; never reused for another while the agent runs. */
export type StateKey = number;

export interface LocalPort {
  readonly key: StateKey;
  /** The port's number on this host, given by the agent. */
  readonly index: number;
  readonly name: string;
  readonly addresses: ReadonlySet<number>;
  readonly network: NetworkView;
}

export interface NetworkView {
  readonly key: StateKey;
  readonly gni: number;
  readonly name: string;
  /** Bytes of the largest guest packet. */
  readonly mtu: number;
  readonly labels: readonly number[];
}

export interface SubnetView {
  readonly key: StateKey;
  readonly name: string;
  readonly prefix: Prefix;
}

export interface MappingView {
  readonly key: StateKey;
  /** Undefined: the mapping daemon said that no host holds the address. */
  readonly host: string | undefined;
}

export interface PeerView {
  readonly key: StateKey;
  readonly name: string;
  readonly endpoint: Endpoint;
}

export interface AgreementView {
  readonly key: StateKey;
  readonly id: number;
  readonly sender: string;
  readonly receiver: string;
  /** `family/major.minor`. */
  readonly framework: string;
}

export interface Snapshot {
  /** The name of this host. */
  readonly host: string;
  portByIndex(index: number): LocalPort | undefined;
  /** The port on this host that holds a guest address. Absence belongs to the network's key. */
  localPort(gni: number, address: number): LocalPort | undefined;
  /** The longest prefix of the network that covers the address. Absence belongs to the network's key. */
  subnet(network: NetworkView, address: number): SubnetView | undefined;
  mapping(gni: number, address: number): MappingView | undefined;
  peer(name: string): PeerView | undefined;
  peerByEndpoint(endpoint: Endpoint): PeerView | undefined;
  /** What this host uses towards a peer. Absence belongs to the peer's key. */
  outgoing(peer: PeerView): AgreementView | undefined;
  /** What this host accepts from a peer under an id. Absence belongs to the peer's key. */
  incoming(peer: PeerView, id: number): AgreementView | undefined;
}
