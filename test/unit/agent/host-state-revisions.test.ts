import { describe, expect, it } from 'vitest';
import type { HostState, StateItem } from '../../../src/agent/host-state.ts';
import { address, GNI_A, hostItem, mappingItem, subnetItem } from '../../kit/cloud-of-one.ts';
import { agreement, networkOf, openState, y } from './host-state-bench.ts';

const AT_50 = address('10.1.2.50');

describe('what is older', () => {
  /** For each kind: the item at a revision in one of two versions, how it goes, and which version is known. */
  interface Kind {
    readonly item: (revision: number, version: 0 | 1) => StateItem;
    /** Mappings do not go, they become negative. */
    readonly gone: ((revision: number) => StateItem) | undefined;
    readonly known: (state: HostState) => unknown;
    readonly versions: readonly [unknown, unknown];
  }
  const kinds: [string, Kind][] = [
    [
      'subnet',
      {
        item: (revision, version) =>
          subnetItem('new', GNI_A, 'a-net', version ? '10.9.8.0/24' : '10.9.0.0/16', revision),
        gone: (revision) => ({ kind: 'subnet-gone', name: 'new', revision }),
        known: (state) => state.subnet(networkOf(state), address('10.9.8.1'))?.prefix.length,
        versions: [16, 24],
      },
    ],
    [
      'host',
      {
        item: (revision, version) => hostItem('w', version ? '198.18.0.15' : '198.18.0.14', revision),
        gone: (revision) => ({ kind: 'host-gone', name: 'w', revision }),
        known: (state) => state.peer('w')?.endpoint.address,
        versions: [address('198.18.0.14'), address('198.18.0.15')],
      },
    ],
    [
      'agreement',
      {
        item: (revision, version) => agreement(99, revision, version ? 'udp/1.0' : 'udp/2.0', 'y'),
        gone: (revision) => ({ kind: 'agreement-gone', id: 99, revision }),
        known: (state) => state.incoming(y, 99)?.framework,
        versions: ['udp/2.0', 'udp/1.0'],
      },
    ],
    [
      'mapping',
      {
        item: (revision, version) => mappingItem(GNI_A, '10.1.2.99', version ? 'z' : 'y', revision),
        gone: undefined,
        known: (state) => state.mapping(GNI_A, address('10.1.2.99'))?.host,
        versions: ['y', 'z'],
      },
    ],
  ];

  it.each(kinds)('never replaces what is newer: %s', (_, { item, known, versions }) => {
    const { state, take } = openState();
    state.apply(item(10, 1), 0);
    expect(known(state)).toBe(versions[1]);
    take();
    state.apply(item(9, 0), 0);
    expect(known(state)).toBe(versions[1]);
    expect(take()).toEqual([]);
    state.apply(item(11, 0), 0);
    expect(known(state)).toBe(versions[0]);
    expect(take()).not.toEqual([]);
  });

  const departing = kinds.flatMap(([name, { gone, ...kind }]) =>
    gone === undefined ? [] : [[name, { ...kind, gone }] as const],
  );
  it.each(departing)(
    'never makes what is newer go, nor brings back what went: %s',
    (_, { item, gone, known, versions }) => {
      const { state, take } = openState();
      state.apply(item(10, 0), 0);
      take();
      state.apply(gone(9), 0);
      expect(known(state)).toBe(versions[0]);
      expect(take()).toEqual([]);
      state.apply(gone(12), 0);
      expect(known(state)).toBeUndefined();
      state.apply(gone(12), 0);
      state.apply(gone(3), 0);
      take();
      state.apply(item(11, 1), 0);
      expect(known(state)).toBeUndefined();
      expect(take()).toEqual([]);
      state.apply(item(13, 1), 0);
      expect(known(state)).toBe(versions[1]);
    },
  );

  it.each(kinds)('is as good as anything when revisions count anew: %s', (_, { item, gone, known, versions }) => {
    const { state, take } = openState();
    state.apply(item(900, 0), 0);
    if (gone !== undefined) state.apply(gone(950), 0);
    take();
    state.forgetRevisions();
    expect(take()).toEqual([]);
    state.apply(item(1, 1), 0);
    expect(known(state)).toBe(versions[1]);
    state.apply(item(0, 0), 0);
    expect(known(state)).toBe(versions[1]);
  });

  it('stays in use when revisions count anew, until it is replaced', () => {
    const { state } = openState();
    state.forgetRevisions();
    expect(state.mapping(GNI_A, AT_50)?.host).toBe('y');
    expect(state.peer('y')).toBeDefined();
    expect(state.outgoing(y)?.id).toBe(1);
    expect(state.subnet(networkOf(state), AT_50)?.name).toBe('a-lan');
  });
});
