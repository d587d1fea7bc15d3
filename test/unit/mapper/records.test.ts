import { describe, expect, test, vi } from 'vitest';
import { UserError } from '../../../src/base/errors.ts';
import { parseKind, parseRecord } from '../../../src/model/record-check.ts';
import type { CloudRecord, Kind } from '../../../src/model/records.ts';
import { openMemoryStore } from '../../../src/store/memory-store.ts';
import type { Store } from '../../../src/store/store.ts';
import { changed, TestCloud, TWO_TENANTS } from './test-cloud.ts';

async function refusal(action: Promise<unknown>): Promise<UserError> {
  const error: unknown = await action.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(UserError);
  return error as UserError;
}

function record(kind: Kind, spec: object): CloudRecord {
  return { kind, spec } as CloudRecord;
}

describe('apply', () => {
  test('says what became of each record, and writes only what changed', async () => {
    const cloud = await TestCloud.open([]);
    const first = await cloud.mapper.apply(TWO_TENANTS);
    expect(first.results.every(({ change }) => change === 'created')).toBe(true);
    const again = await cloud.mapper.apply(TWO_TENANTS);
    expect(again.results.every(({ change }) => change === 'unchanged')).toBe(true);
    expect(again.revision).toBe(first.revision);
    const moved = await cloud.mapper.apply([changed('port', 'a30', { host: 'y' }), changed('port', 'a50', {})]);
    expect(moved.results.map(({ change }) => change)).toEqual(['changed', 'unchanged']);
    const revisions = cloud.mapper.get('port').map(({ record: { spec, revision } }) => [spec.name, revision]);
    expect(Object.fromEntries(revisions)).toMatchObject({ a30: moved.revision, a50: first.revision });
  });

  test.each<[string, CloudRecord[], RegExp]>([
    ['GNI used twice', [record('tenant', { name: 'c', gni: 1001 })], /tenant c: GNI 1001 is that of tenant a/],
    [
      'overlapping subnets',
      [record('subnet', { name: 's', network: 'a-net', prefix: '10.1.0.0/16' })],
      /subnet s: 10.1.0.0\/16 overlaps subnet a-subnet \(10.1.2.0\/24\)/,
    ],
    [
      'duplicate address',
      [changed('port', 'a30', { addresses: ['10.1.2.50'] })],
      /port a30: 10.1.2.50 is that of port a50/,
    ],
    ['unknown host', [changed('port', 'a30', { host: 'w' })], /port a30: there is no host w/],
    [
      'unknown network',
      [record('subnet', { name: 's', network: 'nn', prefix: '10.9.0.0/16' })],
      /subnet s: there is no network nn/,
    ],
    [
      'device in use',
      [changed('port', 'b30', { namespace: 'a30' })],
      /port b30: device weft0 in namespace a30 of host x is that of port a30/,
    ],
    [
      'address outside',
      [changed('port', 'a30', { addresses: ['10.1.3.30'] })],
      /port a30: 10.1.3.30 is outside its subnet/,
    ],
    [
      'underlay in use',
      [record('host', { name: 'w', underlay: '198.18.0.11' })],
      /host w: underlay 198.18.0.11:7790 is that of host x/,
    ],
    [
      'another tenant',
      [changed('port', 'a30', { guest: 'b30' })],
      /guest b30 is of tenant b, subnet a-subnet of tenant a/,
    ],
    [
      'a change that breaks others',
      [changed('subnet', 'a-subnet', { prefix: '10.7.0.0/24' })],
      /port a30: 10.1.2.30 is outside/,
    ],
    [
      'one name twice',
      [record('guest', { name: 'g', tenant: 'a' }), record('guest', { name: 'g', tenant: 'b' })],
      /guest g: the name is taken/,
    ],
  ])('refuses %s, and nothing is changed', async (_, records, message) => {
    const cloud = await TestCloud.open();
    const before = JSON.stringify(cloud.mapper.state.cloud.all());
    const { revision } = cloud.mapper.state;
    const good = record('tenant', { name: 'good', gni: 9 });
    const error = await refusal(cloud.mapper.apply([good, ...records]));
    expect(error.code).toBe('invalid');
    expect(error.message).toMatch(message);
    expect(JSON.stringify(cloud.mapper.state.cloud.all())).toBe(before);
    expect(cloud.mapper.state.revision).toBe(revision);
  });

  test('does not search long for what many wrong names could mean', async () => {
    const guests = Array.from({ length: 4_900 }, (_, index) =>
      record('guest', { name: `a-guest-${index}`, tenant: 'a' }),
    );
    const cloud = await TestCloud.open([...TWO_TENANTS, ...guests]);
    const ports = Array.from({ length: 60 }, (_, index) =>
      changed('port', 'a30', { name: `p${index}`, guest: `a-gust-${1000 + index}`, device: `d${index}` }),
    );
    const lowered = vi.spyOn(String.prototype, 'toLowerCase');
    const error = await refusal(cloud.mapper.apply(ports));
    // Each comparison of two names lowers both.
    const comparisons = lowered.mock.calls.length / 2;
    lowered.mockRestore();
    expect(error.message).toMatch(/^port p0: there is no guest a-gust-1000; did you mean a-guest-1000\?\n/);
    expect(error.message.split('\n')).toHaveLength(21);
    expect(comparisons).toBeLessThan(20 * 300);
  });

  test('addresses may be swapped in one apply', async () => {
    const cloud = await TestCloud.open();
    const swapped = [
      changed('port', 'a30', { addresses: ['10.1.2.50'] }),
      changed('port', 'a50', { addresses: ['10.1.2.30'] }),
    ];
    await cloud.mapper.apply(swapped);
    expect(cloud.mapper.state.cloud.portAt({ gni: 1001, address: 0x0a010232 })?.item.name).toBe('a30');
  });

  test('refuses more than it can do at once', async () => {
    const cloud = await TestCloud.open([]);
    const many = Array.from({ length: 5001 }, (_, index) => record('tenant', { name: `t${index}`, gni: index + 1 }));
    expect((await refusal(cloud.mapper.apply(many))).code).toBe('limit');
  });

  test('two changes at once that do not fit together: the second is refused', async () => {
    const cloud = await TestCloud.open([]);
    const first = cloud.mapper.apply([record('tenant', { name: 'a', gni: 1 })]);
    const second = refusal(cloud.mapper.apply([record('tenant', { name: 'b', gni: 1 })]));
    await first;
    expect((await second).message).toMatch(/GNI 1 is that of tenant a/);
  });
});

describe('two daemons on one store', () => {
  test('do not accept changes that do not fit together', async () => {
    const store = openMemoryStore();
    const [one, two] = [await TestCloud.open([], store), await TestCloud.open([], store)];
    const results = await Promise.allSettled([
      one.mapper.apply([record('tenant', { name: 'a', gni: 1 })]),
      two.mapper.apply([record('tenant', { name: 'b', gni: 1 })]),
    ]);
    expect(results.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected']);
  });

  test('both have what either changed', async () => {
    const store = openMemoryStore();
    const [one, two] = [await TestCloud.open([], store), await TestCloud.open([], store)];
    await Promise.all([
      one.mapper.apply([record('tenant', { name: 'a', gni: 1 })]),
      two.mapper.apply([record('tenant', { name: 'b', gni: 2 })]),
    ]);
    await one.clock.pass(1);
    for (const { mapper } of [one, two])
      expect(mapper.get('tenant').map(({ record: { spec } }) => spec.name)).toEqual(['a', 'b']);
  });
});

/** Fails transactions while `fails` says so. */
function failingStore(store: Store, fails: () => boolean): Store {
  return {
    incarnation: store.incarnation,
    transact: (...request) => (fails() ? Promise.reject(new Error('the power is gone')) : store.transact(...request)),
    revision: () => store.revision(),
    list: (...request) => store.list(...request),
    get: (key) => store.get(key),
    watch: (...request) => store.watch(...request),
    counters: () => store.counters(),
    close: () => store.close(),
  };
}

describe('an apply of more records than one transaction writes', () => {
  const MANY = [
    record('tenant', { name: 't', gni: 1 }),
    ...Array.from({ length: 600 }, (_, index) => record('guest', { name: `g${index}`, tenant: 't' })),
  ];

  test('happens as a whole', async () => {
    const cloud = await TestCloud.open(MANY);
    expect(cloud.mapper.status().records).toMatchObject({ tenant: 1, guest: 600 });
    expect((await cloud.store.list('journal/')).entries).toEqual([]);
    await cloud.restart();
    expect(cloud.mapper.status().records).toMatchObject({ tenant: 1, guest: 600 });
  });

  test.each([1, 2, 3, 5])(
    'is finished by the next daemon when the first one stops after %i transactions',
    async (transactions) => {
      const store = openMemoryStore();
      let left = transactions;
      const failing = failingStore(store, () => left-- <= 0);
      const first = await TestCloud.open([], failing);
      await expect(first.mapper.apply(MANY)).rejects.toThrow('the power is gone');
      // The records change all at once: what is half written is not shown.
      expect(first.mapper.status().records.guest).toBe(0);
      first.mapper.stop();
      const second = await TestCloud.open([], store);
      expect(second.mapper.status().records).toMatchObject({ tenant: 1, guest: 600 });
      await second.mapper.apply([record('tenant', { name: 'u', gni: 2 })]);
      expect(second.mapper.status().records.tenant).toBe(2);
    },
  );

  test('is decided with the first transaction: the daemon carries it out when the store can again', async () => {
    const store = openMemoryStore();
    let isFull = false;
    let transactions = 0;
    const cloud = await TestCloud.open(
      [],
      failingStore(store, () => ++transactions > 1 && isFull),
    );
    isFull = true;
    const error = await refusal(cloud.mapper.apply(MANY));
    expect(error).toMatchObject({
      code: 'unfinished',
      message: 'the change is decided and is being carried out, but the store failed meanwhile: the power is gone',
    });
    const other = [record('tenant', { name: 'u', gni: 2 })];
    expect((await refusal(cloud.mapper.apply(other))).code).toBe('conflict');
    await cloud.clock.pass(20_000);
    expect(cloud.mapper.status().records).toMatchObject({ tenant: 0, guest: 0 });
    expect(cloud.counter('journal.failed')).toBeLessThan(10);
    isFull = false;
    await cloud.clock.pass(10_000);
    expect(cloud.mapper.status().records).toMatchObject({ tenant: 1, guest: 600 });
    await cloud.mapper.apply(other);
    expect(cloud.mapper.status().records.tenant).toBe(2);
    cloud.mapper.stop();
    expect(cloud.clock.pendingTimers).toBe(0);
  });

  test('changes nothing when the daemon stops before the first transaction', async () => {
    const store = openMemoryStore();
    const cloud = await TestCloud.open([], store);
    await refusal(cloud.mapper.apply([...MANY, record('guest', { name: 'lost', tenant: 'nobody' })]));
    expect(await store.revision()).toBe(0);
  });
});

describe('delete', () => {
  test('refuses what others refer to, and names them', async () => {
    const cloud = await TestCloud.open();
    const error = await refusal(cloud.mapper.delete('tenant', 'a'));
    expect(error.code).toBe('in-use');
    expect(error.message).toBe('tenant a is referred to by network a-net, guest a30, guest a50, guest a70');
    expect((await refusal(cloud.mapper.delete('host', 'x'))).message).toBe(
      'host x is referred to by port a30, port b30',
    );
    expect(cloud.mapper.get('tenant', 'a')).toHaveLength(1);
  });

  test('removes a record, and what it was in the way of can go then', async () => {
    const cloud = await TestCloud.open();
    await cloud.mapper.delete('port', 'a30');
    await cloud.mapper.delete('guest', 'a30');
    expect((await refusal(cloud.mapper.delete('guest', 'a30'))).code).toBe('not-found');
    expect((await refusal(cloud.mapper.delete('guest', 'a500'))).hint).toBe('did you mean a50?');
    expect((await refusal(cloud.mapper.delete('host', 'z\nport'))).message).toBe('there is no host z\\u000aport');
  });
});

test('records of unknown origin: one clear message each', () => {
  expect(() => parseRecord({ kind: 'prot', spec: {} })).toThrow('there is no kind of record called "prot"');
  expect(() => parseRecord({ kind: 'tenant', spec: { name: 'a\nb', gni: 1 } })).toThrow(
    'tenant a\\u000ab: "name" is "a\\nb", it must be lower-case',
  );
  expect(() => parseKind('constructor')).toThrow('there is no kind of record called "constructor"');
  expect(() => parseRecord(null)).toThrow('a record without a kind');
  expect(() => parseRecord({ kind: 'tenant', spec: { name: 'a', gni: 0 } })).toThrow(
    'tenant a: "gni" is 0, it must be a number from 1 to 4294967295',
  );
  expect(() => parseRecord({ kind: 'tenant', spec: null })).toThrow('tenant: this is empty, it must be');
});
