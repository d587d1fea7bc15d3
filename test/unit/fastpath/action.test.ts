import { describe, expect, it } from 'vitest';
import { ActionTable, type FlowAction } from '../../../src/fastpath/action.ts';
import { address } from '../../kit/cloud-of-one.ts';

const SEND = {
  kind: 'send',
  host: 'y',
  destination: { address: address('198.18.0.12'), port: 7790 },
  header: Uint8Array.from([1, 2, 3]),
  agreement: 1,
  framework: 'udp/2.0',
} as const satisfies FlowAction;

/** No two of them may be taken for each other. */
const DIFFERENT: readonly FlowAction[] = [
  { kind: 'deliver', port: 1 },
  { kind: 'deliver', port: 11 },
  { kind: 'drop', reason: 'no-subnet' },
  { kind: 'drop', reason: 'no-such-guest' },
  SEND,
  { ...SEND, host: 'z' },
  { ...SEND, destination: { ...SEND.destination, port: 7791 } },
  { ...SEND, destination: { ...SEND.destination, address: address('198.18.0.13') } },
  { ...SEND, header: Uint8Array.from([1, 2, 4]) },
  { ...SEND, header: Uint8Array.from([1, 2, 3, 0]) },
];

describe('the action table', () => {
  it('keeps equal actions once and different ones apart', () => {
    const table = new ActionTable();
    const numbers = DIFFERENT.map((action) => table.acquire(action));
    expect(new Set(numbers).size).toBe(DIFFERENT.length);
    expect(table.acquire({ ...SEND, header: SEND.header.slice() })).toBe(numbers[DIFFERENT.indexOf(SEND)]);
    expect(table.size).toBe(DIFFERENT.length);
    for (const [at, number] of numbers.entries()) expect(table.get(number)).toEqual(DIFFERENT[at]);
  });

  it('forgets an action with its last holder, and nothing else', () => {
    const table = new ActionTable();
    const kept = table.acquire({ kind: 'deliver', port: 2 });
    const shared = table.acquire(SEND);
    table.acquire(SEND);
    table.release(shared);
    expect(table.get(shared)).toEqual(SEND);
    table.release(shared);
    expect(table.get(shared)).toBeUndefined();
    expect(table.size).toBe(1);
    table.release(shared);
    expect(table.get(kept)).toEqual({ kind: 'deliver', port: 2 });
  });

  it('gives a number out again for another action', () => {
    const table = new ActionTable();
    for (let round = 0; round < 1000; round++) {
      const number = table.acquire({ kind: 'deliver', port: round });
      expect(number).toBeLessThan(2);
      expect(table.get(number)).toEqual({ kind: 'deliver', port: round });
      table.release(number);
    }
    expect(table.size).toBe(0);
  });

  it('has nothing under a number that it never gave out', () => {
    const table = new ActionTable();
    expect(table.get(-1)).toBeUndefined();
    expect(table.get(0)).toBeUndefined();
    table.release(-1);
    table.release(5);
    expect(table.size).toBe(0);
  });
});
