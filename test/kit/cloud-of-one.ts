/** One host's view of a small cloud, for tests that decide packets: items in, decisions out. */
import { HostState } from '../../src/agent/host-state.ts';
import { parseAddress, parsePrefix } from '../../src/base/ipv4.ts';
import type { AgreementItem, HostItem, MappingItem, SubnetItem } from '../../src/control/messages.ts';
import type { StateKey } from '../../src/model/snapshot.ts';
import { frameworkByName } from '../../src/wire/frameworks.ts';
import { encodeHeader } from '../../src/wire/header.ts';
import type { HeaderBody } from '../../src/wire/header-body.ts';

export const GNI_A = 1001;
export const GNI_B = 2002;
export const UNDERLAY_PORT = 7790;

export function address(text: string): number {
  const parsed = parseAddress(text);
  if (parsed === undefined) throw new Error(`${text} is no address`);
  return parsed;
}

export function prefix(text: string) {
  const parsed = parsePrefix(text);
  if (parsed === undefined) throw new Error(`${text} is no prefix`);
  return parsed;
}

export function hostItem(name: string, at: string, revision = 1): HostItem {
  return { kind: 'host', name, revision, endpoint: { address: address(at), port: UNDERLAY_PORT } };
}

export function subnetItem(name: string, gni: number, network: string, text: string, revision = 1): SubnetItem {
  return { kind: 'subnet', name, revision, gni, network, prefix: prefix(text) };
}

export function mappingItem(gni: number, at: string, host: string | undefined, revision = 1): MappingItem {
  return { kind: 'mapping', key: { gni, address: address(at) }, revision, host, validMs: 60_000 };
}

export function agreementItem(id: number, sender: string, receiver: string, framework = 'udp/2.0'): AgreementItem {
  return { kind: 'agreement', id, revision: id, sender, receiver, framework };
}

export function header(framework: string, body: HeaderBody): Uint8Array {
  const codec = frameworkByName(framework);
  if (codec === undefined) throw new Error(`${framework} is no framework`);
  return encodeHeader(codec, body);
}

/** Indices of the ports of host x in `hostX`. */
export const PORT_A30 = 0;
export const PORT_B30 = 1;
export const PORT_A31 = 2;

/**
 * Host x with ports a30 and a31 of tenant a and b30 of tenant b, all in 10.1.2.0/24, and peers y and
 * z. Agreements: 1 x to y, 2 y to x, 3 x to z (udp/1.0), 4 z to x (udp/1.0).
 */
export function hostX(touched: (keys: readonly StateKey[]) => void = () => {}): HostState {
  const state = new HostState('x', touched);
  for (const [name, gni] of [
    ['a', GNI_A],
    ['b', GNI_B],
  ] as const) {
    state.apply(subnetItem(`${name}-lan`, gni, `${name}-net`, '10.1.2.0/24'), 0);
  }
  state.apply(hostItem('y', '198.18.0.12'), 0);
  state.apply(hostItem('z', '198.18.0.13'), 0);
  state.apply(agreementItem(1, 'x', 'y'), 0);
  state.apply(agreementItem(2, 'y', 'x'), 0);
  state.apply(agreementItem(3, 'x', 'z', 'udp/1.0'), 0);
  state.apply(agreementItem(4, 'z', 'x', 'udp/1.0'), 0);
  addPort(state, PORT_A30, 'a30', GNI_A, 'a-net', ['10.1.2.30']);
  addPort(state, PORT_B30, 'b30', GNI_B, 'b-net', ['10.1.2.30']);
  addPort(state, PORT_A31, 'a31', GNI_A, 'a-net', ['10.1.2.31']);
  state.apply(mappingItem(GNI_A, '10.1.2.50', 'y'), 0);
  state.apply(mappingItem(GNI_A, '10.1.2.70', 'z'), 0);
  state.apply(mappingItem(GNI_B, '10.1.2.50', 'z'), 0);
  return state;
}

export function addPort(
  state: HostState,
  index: number,
  name: string,
  gni: number,
  network: string,
  addresses: readonly string[],
  labels: readonly number[] = [],
): void {
  const view = { gni, name: network, mtu: 1400, labels };
  state.setPort({ index, name, addresses: new Set(addresses.map(address)), network: view, revision: 1 }, 0);
}
