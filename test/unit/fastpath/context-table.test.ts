import { describe, expect, it } from 'vitest';
import { type Endpoint, endpointNumber } from '../../../src/base/ipv4.ts';
import { ContextTable, type InstalledContext, MAX_CONTEXTS_PER_PEER } from '../../../src/fastpath/context-table.ts';
import { FIRST_CONTEXT } from '../../../src/fastpath/flow-key.ts';
import { address } from '../../kit/cloud-of-one.ts';

const Y: Endpoint = { address: address('198.18.0.12'), port: 7790 };
const Z: Endpoint = { address: address('198.18.0.13'), port: 7790 };
const OF_Y = { peer: 'y', agreement: 1, framework: 'udp/2.0', dependencies: 0, generation: 0, lastUsed: 0 };

function added(table: ContextTable, source: Endpoint, bytes: readonly number[], lastUsed = 0): InstalledContext {
  const header = Uint8Array.from(bytes);
  table.add(source, { ...OF_Y, header, lastUsed });
  const installed = table.find(source, header);
  if (installed === undefined) throw new Error('it is not there');
  return installed;
}

describe('the context table', () => {
  it('finds a header of a sender by all of its bytes', () => {
    const table = new ContextTable(1);
    const installed = added(table, Y, [2, 0, 0, 5, 1]);
    expect(installed.header).toEqual(Uint8Array.from([2, 0, 0, 5, 1]));
    for (const other of [[2, 0, 0, 5, 2], [2, 0, 0, 5], [2, 0, 0, 5, 1, 0], []]) {
      expect(table.find(Y, Uint8Array.from(other))).toBeUndefined();
    }
  });

  it('accepts nothing from another address or port', () => {
    const table = new ContextTable(1);
    added(table, Y, [1]);
    expect(table.find(Z, Uint8Array.from([1]))).toBeUndefined();
    expect(table.find({ ...Y, port: 7791 }, Uint8Array.from([1]))).toBeUndefined();
    expect(endpointNumber(Y)).not.toBe(endpointNumber({ ...Y, port: 7791 }));
    expect(endpointNumber({ address: 0xffffffff, port: 65535 })).toBe(2 ** 48 - 1);
  });

  it('never gives an ingress number out twice, nor one of a port', () => {
    const table = new ContextTable(1);
    const seen = new Set<number>();
    for (let round = 0; round < 300; round++) {
      const context = added(table, Y, [round & 255, round >> 8]);
      expect(context.ingress).toBeGreaterThanOrEqual(FIRST_CONTEXT);
      expect(seen.has(context.ingress)).toBe(false);
      seen.add(context.ingress);
      table.remove(context);
    }
    expect(table.size).toBe(0);
  });

  it('is full for one sender and not for another, and names the one used the longest time ago', () => {
    const table = new ContextTable(1);
    for (let at = 0; at < MAX_CONTEXTS_PER_PEER; at++) added(table, Y, [at & 255, at >> 8], at === 700 ? 1 : 2);
    expect([table.isFull(Y), table.isFull(Z)]).toEqual([true, false]);
    const idlest = table.idlest(Y);
    expect(idlest?.header).toEqual(Uint8Array.from([700 & 255, 700 >> 8]));
    expect(table.idlest(Z)).toBeUndefined();
    if (idlest !== undefined) table.remove(idlest);
    expect(table.isFull(Y)).toBe(false);
  });

  it('removes one and nothing else, and does so once', () => {
    const table = new ContextTable(1);
    const [one, other, another] = [added(table, Y, [1]), added(table, Z, [1]), added(table, Y, [2])];
    table.remove(one);
    table.remove(one);
    expect(table.all()).toEqual([other, another]);
    expect(table.find(Y, Uint8Array.from([1]))).toBeUndefined();
    expect(table.byIngress(one.ingress)).toBeUndefined();
    expect(table.byIngress(another.ingress)).toBe(another);
  });
});
