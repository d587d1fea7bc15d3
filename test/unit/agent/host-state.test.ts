import { describe, expect, it } from 'vitest';
import type { HostState, StateItem } from '../../../src/agent/host-state.ts';
import type { StateKey } from '../../../src/model/snapshot.ts';
import {
  addPort,
  address,
  agreementItem,
  GNI_A,
  GNI_B,
  hostItem,
  mappingItem,
  PORT_A30,
  PORT_A31,
  PORT_B30,
  subnetItem,
  UNDERLAY_PORT,
} from '../../kit/cloud-of-one.ts';
import { agreement, networkOf, openState, portOf, y } from './host-state-bench.ts';

const AT_50 = address('10.1.2.50');

describe('a change touches', () => {
  const changes: [string, StateItem, string[]][] = [
    ['a new subnet: its network', subnetItem('other', GNI_A, 'a-net', '10.9.0.0/16', 9), ['network a-net']],
    [
      'a new subnet inside another: that one too',
      subnetItem('inner', GNI_A, 'a-net', '10.1.2.128/25', 9),
      ['network a-net', 'subnet a-lan 10.1.2.0/24'],
    ],
    ['a new host: itself', hostItem('w', '198.18.0.14', 9), ['host w']],
    ['a host that moved: itself', hostItem('y', '198.18.0.14', 9), ['host y']],
    ['a mapping that moved: itself', mappingItem(GNI_A, '10.1.2.50', 'z', 9), ['mapping 1001/10.1.2.50']],
    ['a mapping to nobody: itself', mappingItem(GNI_A, '10.1.2.50', undefined, 9), ['mapping 1001/10.1.2.50']],
    ['a mapping that is confirmed: nothing', mappingItem(GNI_A, '10.1.2.50', 'y', 9), []],
    ['an agreement to send: it and the peer', agreement(9, 9), ['host y', 'agreement 9 x to y']],
    ['an agreement to receive: it and the peer', agreement(9, 9, 'udp/2.0', 'y'), ['host y', 'agreement 9 y to x']],
    ['an agreement with nobody known: it alone', agreementItem(9, 'x', 'nobody'), ['agreement 9 x to nobody']],
  ];
  it.each(changes)('%s', (_, item, expected) => {
    const { state, take } = openState();
    state.apply(item, 0);
    expect(take()).toEqual(expected);
  });

  const departures: [string, StateItem, (state: HostState) => StateKey[]][] = [
    [
      'a subnet that goes: it and its network',
      { kind: 'subnet-gone', name: 'a-lan', revision: 9 },
      (state) => [networkOf(state).key, state.subnet(networkOf(state), AT_50)?.key ?? 0],
    ],
    ['a host that goes: itself', { kind: 'host-gone', name: 'y', revision: 9 }, (state) => [state.peer('y')?.key ?? 0]],
    [
      'an agreement that goes: it and the peer',
      { kind: 'agreement-gone', id: 1, revision: 9 },
      (state) => [state.peer('y')?.key ?? 0, state.agreements.get(1)?.key ?? 0],
    ],
  ];
  it.each(departures)('%s', (_, item, expectedOf) => {
    const { state, takeKeys } = openState();
    const expected = expectedOf(state);
    takeKeys();
    state.apply(item, 0);
    expect(new Set(takeKeys())).toEqual(new Set(expected));
  });

  it('a port that comes or goes: it and its network', () => {
    const { state, take, takeKeys } = openState();
    addPort(state, 9, 'a32', GNI_A, 'a-net', ['10.1.2.32']);
    expect(take()).toEqual(['network a-net', 'port a32']);
    const { key, network } = portOf(state, 9);
    state.removePort(9, 0);
    expect(new Set(takeKeys())).toEqual(new Set([key, network.key]));
    state.removePort(9, 0);
    expect(takeKeys()).toEqual([]);
  });

  it('the last port of a GNI: the mappings of the GNI too, and no others', () => {
    const { state, take } = openState();
    state.removePort(PORT_A31, 0);
    take();
    expect(state.mapping(GNI_A, AT_50)).toBeDefined();
    state.removePort(PORT_A30, 0);
    expect(take()).toEqual(['network a-net', 'gone', 'mapping 1001/10.1.2.50', 'mapping 1001/10.1.2.70']);
    expect(state.mapping(GNI_A, AT_50)).toBeUndefined();
    expect(state.mapping(GNI_B, AT_50)?.host).toBe('z');
  });
});

describe('keys', () => {
  it('stay while what they name changes, and are never given to another', () => {
    const { state } = openState();
    const before = [state.mapping(GNI_A, AT_50)?.key, state.peer('y')?.key];
    state.apply(mappingItem(GNI_A, '10.1.2.50', 'z', 9), 0);
    state.apply(hostItem('y', '198.18.0.14', 9), 0);
    expect([state.mapping(GNI_A, AT_50)?.key, state.peer('y')?.key]).toEqual(before);
    state.apply({ kind: 'host-gone', name: 'y', revision: 10 }, 0);
    state.apply(hostItem('y', '198.18.0.14', 11), 0);
    expect(before).not.toContain(state.peer('y')?.key);
  });

  it('are described while what they name is there', () => {
    const { state } = openState();
    const key = state.peer('y')?.key ?? 0;
    expect(state.describeKeys([key])).toEqual(['host y']);
    state.peers.remove('y');
    expect(state.describeKeys([key])).toEqual(['gone']);
  });
});

describe('towards a peer', () => {
  it('the newest agreement is used, and the one before when that goes', () => {
    const { state } = openState();
    state.apply(agreement(12, 12, 'udp/1.0'), 0);
    state.apply(agreement(11, 11), 0);
    expect(state.outgoing(y)?.id).toBe(12);
    state.apply({ kind: 'agreement-gone', id: 12, revision: 13 }, 0);
    expect(state.outgoing(y)?.id).toBe(11);
    for (const id of [1, 11]) state.apply({ kind: 'agreement-gone', id, revision: 14 }, 0);
    expect(state.outgoing(y)).toBeUndefined();
  });

  it('an agreement may change its version, or become one with another peer', () => {
    const { state } = openState();
    state.apply(agreement(1, 20, 'udp/1.0'), 0);
    expect(state.outgoing(y)?.framework).toBe('udp/1.0');
    state.apply({ ...agreementItem(1, 'x', 'z'), revision: 21 }, 0);
    expect(state.outgoing(y)).toBeUndefined();
    expect(state.outgoing({ ...y, name: 'z' })?.id).toBe(1);
  });

  it('only what names both is accepted', () => {
    const { state } = openState();
    expect(state.incoming(y, 2)?.framework).toBe('udp/2.0');
    expect(state.incoming(y, 1)).toBeUndefined();
    expect(state.incoming(y, 4)).toBeUndefined();
    state.apply(agreementItem(50, 'y', 'z'), 0);
    expect(state.incoming(y, 50)).toBeUndefined();
  });
});

describe('a peer', () => {
  it('is found by where it receives, and no longer by where it did', () => {
    const { state } = openState();
    const old = state.peer('y')?.endpoint ?? y.endpoint;
    state.apply(hostItem('y', '198.18.0.14', 9), 0);
    expect(state.peerByEndpoint(old)).toBeUndefined();
    expect(state.peerByEndpoint({ address: address('198.18.0.14'), port: UNDERLAY_PORT })?.name).toBe('y');
    expect(state.peerByEndpoint({ address: address('198.18.0.14'), port: UNDERLAY_PORT + 1 })).toBeUndefined();
  });

  it('that took over the endpoint of another keeps it when that goes', () => {
    const { state } = openState();
    state.apply(hostItem('w', '198.18.0.12', 9), 0);
    state.apply({ kind: 'host-gone', name: 'y', revision: 10 }, 0);
    expect(state.peerByEndpoint(y.endpoint)?.name).toBe('w');
  });
});

describe('a local port', () => {
  it('is found by its own tenant only', () => {
    const { state } = openState();
    expect(state.localPort(GNI_A, address('10.1.2.30'))?.index).toBe(PORT_A30);
    expect(state.localPort(GNI_B, address('10.1.2.30'))?.index).toBe(PORT_B30);
    expect(state.localPort(GNI_B, address('10.1.2.31'))).toBeUndefined();
  });

  it('that took over the address of another keeps it when that goes', () => {
    const { state } = openState();
    addPort(state, 9, 'a30-new', GNI_A, 'a-net', ['10.1.2.30']);
    state.removePort(PORT_A30, 0);
    expect(state.localPort(GNI_A, address('10.1.2.30'))?.name).toBe('a30-new');
    state.removePort(9, 0);
    expect(state.localPort(GNI_A, address('10.1.2.30'))).toBeUndefined();
  });
});

it('networks of the same name and another GNI have subnets of their own', () => {
  const { state } = openState();
  state.apply(subnetItem('other', GNI_B, 'a-net', '10.7.0.0/16', 9), 0);
  expect(state.subnet(networkOf(state), address('10.7.0.1'))).toBeUndefined();
});

it('what a complete sync does not name goes, and mappings stay', () => {
  const { state, takeKeys } = openState();
  const gone = [state.peer('z')?.key, state.agreements.get(3)?.key, state.agreements.get(4)?.key];
  state.keepOnly({ subnet: new Set(['a-lan', 'b-lan']), host: new Set(['y']), agreement: new Set([1, 2]) });
  expect(new Set(takeKeys())).toEqual(new Set(gone));
  expect(state.peers.names()).toEqual(['y']);
  expect(state.agreements.ids()).toEqual([1, 2]);
  expect(state.subnet(networkOf(state), AT_50)?.name).toBe('a-lan');
  expect(state.mapping(GNI_A, address('10.1.2.70'))?.host).toBe('z');
  state.keepOnly({ subnet: new Set(), host: new Set(['y']), agreement: new Set() });
  expect(state.subnet(networkOf(state), AT_50)).toBeUndefined();
  expect(state.outgoing(y)).toBeUndefined();
});
