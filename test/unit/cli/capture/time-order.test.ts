import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { TimeOrder } from '../../../../src/cli/capture/time-order.ts';
import { JOIN_WAIT_MS, MAX_WAITING } from '../../../../src/cli/capture/verdict-join.ts';

const packet = (timeNs: number, name = '') => ({ timeNs: BigInt(timeNs), name });

describe('packets of two sides in one order', () => {
  it('leave by time once nothing earlier comes, and those of one time as they came', () => {
    const order = new TimeOrder<ReturnType<typeof packet>>();
    for (const one of [packet(5), packet(3, 'a'), packet(3, 'b'), packet(9)]) order.add(one, 0);
    expect(order.take(5n, 0)).toEqual([packet(3, 'a'), packet(3, 'b'), packet(5)]);
    expect(order.take(8n, 0)).toEqual([]);
    expect(order.take(0n, 0, true)).toEqual([packet(9)]);
  });

  it('wait no longer than a verdict is waited for', () => {
    const order = new TimeOrder<ReturnType<typeof packet>>();
    order.add(packet(5), 0);
    expect(order.take(0n, JOIN_WAIT_MS - 1)).toEqual([]);
    expect(order.take(0n, JOIN_WAIT_MS)).toEqual([packet(5)]);
  });

  it('so many wait and no more', () => {
    const order = new TimeOrder<ReturnType<typeof packet>>();
    for (let at = 0; at <= MAX_WAITING; at++) order.add(packet(at), 0);
    expect(order.take(-1n, 0)).toEqual([packet(0)]);
  });

  it('each leaves once, sorted', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(20)), (times) => {
        const order = new TimeOrder<ReturnType<typeof packet>>();
        for (const time of times) order.add(packet(time), 0);
        const left = [...order.take(10n, 0), ...order.take(0n, 0, true)].map(({ timeNs }) => Number(timeNs));
        expect(left).toEqual(times.toSorted((a, b) => a - b));
      }),
    );
  });
});
