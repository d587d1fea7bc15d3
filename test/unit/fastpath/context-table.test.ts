import { describe, expect, it } from 'vitest';
import type { Endpoint } from '../../../src/base/ipv4.ts';
import {
  ContextTable,
  endpointNumber,
  type InstalledContext,
  MAX_CONTEXTS_PER_PEER,
} from '../../../src/fastpath/context-table.ts';
import { FIRST_CONTEXT } from '../../../src/fastpath/flow-key.ts';
import { address } from '../../kit/cloud-of-one.ts';

const Y: Endpoint = { address: address('198.18.0.12'), port: 7790 };
const Z: Endpoint = { address: address('198.18.0.13'), port: 7790 };

function context(header: readonly number[], peer = 'y'): Omit<InstalledContext, 'ingress'> {
  return { header: Uint8Array.from(header), peer, agreement: 1, framework: 'udp/2.0', dependencies: 0, generation: 0 };
}

describe('the context table', () => {
  it('finds a header of a sender by all of its bytes', () => {
    const table = new ContextTable();
    const installed = table.add(Y, context([2, 0, 0, 5, 1]));
    expect(table.find(Y, Uint8Array.from([2, 0, 0, 5, 1]))).toBe(installed);
    for (const other of [[2, 0, 0, 5, 2], [2, 0, 0, 5], [2, 0, 0, 5, 1, 0], []]) {
      expect(table.find(Y, Uint8Array.from(other))).toBeUndefined();
    }
  });

  it('accepts nothing from another address or port', () => {
    const table = new ContextTable();
    table.add(Y, context([1]));
    expect(table.find(Z, Uint8Array.from([1]))).toBeUndefined();
    expect(table.find({ ...Y, port: 7791 }, Uint8Array.from([1]))).toBeUndefined();
    expect(endpointNumber(Y)).not.toBe(endpointNumber({ ...Y, port: 7791 }));
    expect(endpointNumber({ address: 0xffffffff, port: 65535 })).toBe(2 ** 48 - 1);
  });

  it('never gives an ingress number out twice, nor one of a port', () => {
    const table = new ContextTable();
    const seen = new Set<number>();
    for (let round = 0; round < 300; round++) {
      const ingress = table.add(Y, context([round & 255, round >> 8]))?.ingress ?? 0;
      expect(ingress).toBeGreaterThanOrEqual(FIRST_CONTEXT);
      expect(seen.has(ingress)).toBe(false);
      seen.add(ingress);
      table.removeStale(() => true);
    }
    expect(table.size).toBe(0);
  });

  it('holds so many of one sender, and as many of another', () => {
    const table = new ContextTable();
    for (let at = 0; at < MAX_CONTEXTS_PER_PEER; at++) expect(table.add(Y, context([at]))).toBeDefined();
    expect(table.add(Y, context([0, 0]))).toBeUndefined();
    expect(table.add(Z, context([0, 0], 'z'))).toBeDefined();
    expect(table.size).toBe(MAX_CONTEXTS_PER_PEER + 1);
    table.removeStale(({ header, peer }) => peer === 'y' && header[0] === 3);
    expect(table.add(Y, context([0, 0]))).toBeDefined();
  });

  it('removes what is stale, of every sender, and nothing else', () => {
    const table = new ContextTable();
    const old = [table.add(Y, context([1])), table.add(Z, context([1], 'z'))];
    const fresh = table.add(Y, context([2]));
    expect(table.removeStale(({ header }) => header[0] === 1)).toEqual(old);
    expect(table.size).toBe(1);
    expect(table.find(Y, Uint8Array.from([1]))).toBeUndefined();
    expect(table.find(Y, Uint8Array.from([2]))).toBe(fresh);
    expect(table.byIngress(fresh?.ingress ?? 0)).toBe(fresh);
    expect(table.byIngress(old[0]?.ingress ?? 0)).toBeUndefined();
    expect(table.removeStale(() => false)).toEqual([]);
  });
});
