import { describe, expect, it } from 'vitest';
import { MAX_MAPPINGS, MappingTable } from '../../../../src/agent/state/mapping-table.ts';
import { StateKeys } from '../../../../src/agent/state/state-keys.ts';
import type { StateKey } from '../../../../src/model/snapshot.ts';
import { address, GNI_A, GNI_B, mappingItem } from '../../../kit/cloud-of-one.ts';

const REMEMBER_MS = 60_000;
const AT_50 = { gni: GNI_A, address: address('10.1.2.50') };

function open() {
  const touched: StateKey[] = [];
  const keys = new StateKeys();
  const table = new MappingTable(keys, (some) => touched.push(...some));
  const set = (host: string | undefined, revision: number, now = 0, validMs = 1000) =>
    table.set({ ...mappingItem(GNI_A, '10.1.2.50', host, revision), validMs }, now);
  const hostAt50 = () => table.get(AT_50.gni, AT_50.address)?.host;
  const isKnown = () => table.get(AT_50.gni, AT_50.address) !== undefined;
  return { table, keys, set, hostAt50, isKnown, takeTouched: () => touched.splice(0) };
}

const USED = () => true;
const UNUSED = () => false;

describe('a mapping whose time is up', () => {
  it('stays while it is used, and is due until it is answered', () => {
    const { table, set, hostAt50, takeTouched } = open();
    set('y', 1);
    takeTouched();
    expect(table.takeDue(999, USED)).toEqual([]);
    expect(table.takeDue(1000, USED)).toEqual([AT_50]);
    expect(table.takeDue(5000, USED)).toEqual([AT_50]);
    expect(hostAt50()).toBe('y');
    set('y', 1, 5000);
    expect(table.takeDue(5999, USED)).toEqual([]);
    expect(table.takeDue(6000, USED)).toEqual([AT_50]);
    expect(takeTouched()).toEqual([]);
  });

  it('goes when nothing uses it, and says so', () => {
    const { table, set, isKnown, takeTouched } = open();
    set('y', 1);
    const [key] = takeTouched();
    expect(table.takeDue(1000, UNUSED)).toEqual([]);
    expect(isKnown()).toBe(false);
    expect(takeTouched()).toEqual([key]);
  });

  it('goes where it was negative, used or not', () => {
    const { table, set, isKnown, takeTouched } = open();
    set(undefined, 1);
    expect(isKnown()).toBe(true);
    takeTouched();
    expect(table.takeDue(1000, USED)).toEqual([]);
    expect(isKnown()).toBe(false);
    expect(takeTouched()).toHaveLength(1);
  });

  it('asks about the key that names it', () => {
    const { table, set } = open();
    set('y', 1);
    const asked: StateKey[] = [];
    table.takeDue(1000, (key) => asked.push(key) > 0);
    expect(asked).toEqual([table.get(AT_50.gni, AT_50.address)?.key]);
  });
});

describe('a mapping that went', () => {
  it('is remembered, so that an older answer does not come to life', () => {
    const { table, set, isKnown, takeTouched } = open();
    set('y', 9);
    table.takeDue(1000, UNUSED);
    takeTouched();
    set('z', 8, 1001);
    expect(isKnown()).toBe(false);
    expect(takeTouched()).toEqual([]);
    expect([table.size, table.stale, table.revisionOf(AT_50)]).toEqual([1, 1, 9]);
  });

  it('comes back with the same answer, under the same key', () => {
    const { table, set, hostAt50, takeTouched } = open();
    set('y', 9);
    table.takeDue(1000, UNUSED);
    const [key] = takeTouched();
    set('y', 9, 2000);
    expect(hostAt50()).toBe('y');
    expect(takeTouched()).toEqual([key]);
    expect(table.takeDue(2999, USED)).toEqual([]);
  });

  it('is forgotten after a while', () => {
    const { table, keys, set, hostAt50, takeTouched } = open();
    set('y', 9);
    const [key = 0] = takeTouched();
    table.takeDue(1000, UNUSED);
    table.takeDue(1000 + REMEMBER_MS - 1, UNUSED);
    expect(table.size).toBe(1);
    table.takeDue(1000 + REMEMBER_MS, UNUSED);
    expect([table.size, table.revisionOf(AT_50), keys.get(key)]).toEqual([0, undefined, undefined]);
    set('z', 8, 70_000);
    expect(hostAt50()).toBe('z');
  });
});

describe('when the daemon forgot this host', () => {
  it('everything is due at once, and stays until it is answered or found unused', () => {
    const { table, set, hostAt50 } = open();
    set('y', 1, 0, 60_000);
    table.makeDue(10);
    expect(hostAt50()).toBe('y');
    expect(table.takeDue(10, USED)).toEqual([AT_50]);
    set('z', 2, 20, 60_000);
    expect(table.takeDue(30_000, USED)).toEqual([]);
  });

  it('what is due already stays so, and what went is remembered no shorter', () => {
    const { table, set } = open();
    set('y', 1);
    table.takeDue(1000, UNUSED);
    table.makeDue(1001);
    table.takeDue(1001, UNUSED);
    expect(table.size).toBe(1);
  });
});

it('the mappings of one GNI go without those of another', () => {
  const { table, set, isKnown, takeTouched } = open();
  set('y', 1);
  table.set(mappingItem(GNI_B, '10.1.2.50', 'z', 1), 0);
  takeTouched();
  table.expireGni(GNI_A, 10);
  table.expireGni(GNI_A, 10);
  expect(takeTouched()).toHaveLength(1);
  expect(isKnown()).toBe(false);
  expect(table.get(GNI_B, AT_50.address)?.host).toBe('z');
  set('y', 0, 20);
  expect(isKnown()).toBe(false);
  set('y', 1, 20);
  expect(isKnown()).toBe(true);
});

it('as many as fit are remembered; the one learned first makes room', () => {
  const { table, keys, takeTouched } = open();
  const learn = (at: number) =>
    table.set({ kind: 'mapping', key: { gni: GNI_A, address: at }, revision: 1, host: 'y', validMs: 1000 }, 0);
  for (let at = 0; at < MAX_MAPPINGS; at++) learn(at);
  learn(3);
  takeTouched();
  learn(MAX_MAPPINGS);
  expect([table.size, table.evicted]).toEqual([MAX_MAPPINGS, 1]);
  expect([0, 1, 3, MAX_MAPPINGS].map((at) => table.get(GNI_A, at) !== undefined)).toEqual([false, true, true, true]);
  expect(takeTouched().map((key) => keys.get(key))).toContain(undefined);
});
