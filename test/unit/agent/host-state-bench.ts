/** The state of host x, and what its changes touch. */
import type { HostState } from '../../../src/agent/host-state.ts';
import type { AgreementItem } from '../../../src/control/messages.ts';
import type { LocalPort, NetworkView, StateKey } from '../../../src/model/snapshot.ts';
import { address, agreementItem, hostX, PORT_A30, UNDERLAY_PORT } from '../../kit/cloud-of-one.ts';

export function openState() {
  let touched: StateKey[] = [];
  const state = hostX((keys) => touched.push(...keys));
  /** Names of the keys that were touched since the last call. */
  const take = () => {
    const keys = [...new Set(touched)].toSorted((a, b) => a - b);
    touched = [];
    return state.describeKeys(keys);
  };
  const takeKeys = () => touched.splice(0);
  take();
  return { state, take, takeKeys };
}

export function portOf(state: HostState, index: number): LocalPort {
  const port = state.portByIndex(index);
  if (port === undefined) throw new Error(`no port ${index}`);
  return port;
}

export function networkOf(state: HostState, index = PORT_A30): NetworkView {
  return portOf(state, index).network;
}

/** Between hosts x and y. */
export function agreement(id: number, revision: number, framework = 'udp/2.0', sender = 'x'): AgreementItem {
  return { ...agreementItem(id, sender, sender === 'x' ? 'y' : 'x', framework), revision };
}

/** A peer to ask for by name. */
export const y = { name: 'y', key: 0, endpoint: { address: address('198.18.0.12'), port: UNDERLAY_PORT } };
