import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { FastPath } from '../../src/fastpath/fast-path.ts';
import type { InPacket } from '../../src/fastpath/packets.ts';
import { buildIpv4 } from '../../src/packet/build.ts';
import {
  address,
  agreementItem,
  GNI_A,
  header,
  mappingItem,
  PORT_A30,
  PORT_A31,
  subnetItem,
} from '../kit/cloud-of-one.ts';
import { openBench } from '../kit/slow-path-bench.ts';
import { runs } from '../kit/runs.ts';
import { checkCacheEquivalence } from './fast-path-equivalence.ts';
import { fromY, guestPing, guestTcp, guestUdp, withTos } from './fast-path-packets.ts';

export interface FastPathSizes {
  readonly capacity: number;
  readonly quota: number;
}

export const WIDE: FastPathSizes = { capacity: 1024, quota: 512 };
const RUNS = runs(150);

/** What every fast path must do; `open` makes an empty one. */
export function describeFastPath(name: string, open: (sizes: FastPathSizes) => FastPath): void {
  describe(`fast path ${name}`, () => {
    it('decides a flow once and repeats it', () => {
      const bench = openBench(open(WIDE));
      for (let sent = 0; sent < 5; sent++) expect(bench.step([guestUdp('10.1.2.50')])).toHaveLength(1);
      expect(bench.slowPath.counters.decisions).toBe(1);
      expect(bench.fastPath.flows(10, bench.now)).toMatchObject([{ port: PORT_A30, packets: 5, sourcePort: 1000 }]);
    });

    it('puts the header in front of the packet and leaves the packet as it was', () => {
      const bench = openBench(open(WIDE));
      const packet = guestUdp('10.1.2.50');
      const [out] = bench.step([packet]);
      if (out?.kind !== 'underlay') throw new Error(`${out?.kind}`);
      expect(out.bytes).toEqual(packet.bytes);
      expect(out.header).toEqual(
        header('udp/2.0', { sourceGni: GNI_A, destinationGni: GNI_A, agreement: 1, labels: [] }),
      );
    });

    it.each<[string, InPacket[]]>([
      ['source port', [guestUdp('10.1.2.50', 1), guestUdp('10.1.2.50', 2)]],
      ['destination', [guestUdp('10.1.2.50', 1), guestUdp('10.1.2.70', 1)]],
      ['ingress and source', [guestUdp('10.1.2.50', 1), guestUdp('10.1.2.50', 1, undefined, PORT_A31)]],
      ['destination port', [guestTcp(1, 2), guestTcp(1, 3)]],
      ['protocol', [guestTcp(1000, 2000), guestUdp('10.1.2.50', 1000)]],
      ['ICMP id', [guestPing(1), guestPing(2)]],
      ['ICMP type', [guestPing(1), guestPing(1, true)]],
    ])('tells flows apart by %s', (_, packets) => {
      const bench = openBench(open(WIDE));
      expect(bench.step([...packets, ...packets])).toHaveLength(2 * packets.length);
      expect(bench.fastPath.status().flows).toBe(packets.length);
      expect(bench.fastPath.flows(9, bench.now).map((flow) => flow.packets)).toEqual(packets.map(() => 2));
    });

    it('loses nothing of a batch whose flow has to be decided again', () => {
      const bench = openBench(open(WIDE));
      const batch = Array.from({ length: 128 }, () => guestUdp('10.1.2.50'));
      expect(bench.step(batch)).toHaveLength(128);
      bench.state.apply(agreementItem(9, 'x', 'y', 'udp/1.0'), bench.now);
      const out = bench.step(batch);
      expect(out).toHaveLength(128);
      expect(out.every((packet) => packet.kind === 'underlay' && packet.header[0] === 1)).toBe(true);
      expect(bench.dropped()).toBe(0);
    });

    it('accepts a header after it was decided, and only these bytes from this sender', () => {
      const bench = openBench(open(WIDE));
      expect(bench.step([fromY('10.1.2.50')])).toMatchObject([{ kind: 'guest', port: PORT_A30 }]);
      bench.step([fromY('10.1.2.50')]);
      expect(bench.fastPath.status()).toMatchObject({ contexts: 1, flows: 1 });
      const other = header('udp/2.0', { sourceGni: GNI_A, destinationGni: GNI_A, agreement: 9, labels: [] });
      expect(bench.step([fromY('10.1.2.50', 1000, 0, 0, other)])).toEqual([]);
      expect(bench.droppedFor()).toEqual({ 'wrong-agreement': 1 });
    });

    it('carries congestion marks through, and drops what cannot carry them, cached or not', () => {
      const bench = openBench(open(WIDE));
      const [unmarked] = bench.step([fromY('10.1.2.50', 1000, 0, 2)]);
      const [marked] = bench.step([fromY('10.1.2.50', 1000, 3, 2)]);
      expect([unmarked?.bytes[1], marked?.bytes[1]]).toEqual([2, 3]);
      expect(bench.step([fromY('10.1.2.50', 1000, 3, 0)])).toEqual([]);
      expect(bench.droppedFor()).toEqual({ 'ecn-not-capable': 1 });
      const [sent] = bench.step([{ ...guestUdp('10.1.2.50'), bytes: withTos(guestUdp('10.1.2.50').bytes, 1) }]);
      expect(sent).toMatchObject({ kind: 'underlay', tos: 1 });
    });

    it('does not use its input for output', () => {
      const bench = openBench(open(WIDE));
      bench.step([fromY('10.1.2.50', 1000, 0, 2)]);
      const packet = fromY('10.1.2.50', 1000, 3, 2);
      const before = packet.bytes.slice();
      bench.step([packet]);
      expect(packet.bytes).toEqual(before);
    });

    it('decides again what a change touched, and only that', () => {
      const bench = openBench(open(WIDE));
      bench.step([guestUdp('10.1.2.50'), guestUdp('10.1.2.70')]);
      bench.state.apply(mappingItem(GNI_A, '10.1.2.50', 'z', 2), bench.now);
      const [moved] = bench.step([guestUdp('10.1.2.50')]);
      bench.step([guestUdp('10.1.2.70')]);
      expect(moved).toMatchObject({ destination: { address: address('198.18.0.13') } });
      expect(bench.slowPath.counters.decisions).toBe(3);
    });

    it('decides again the readers of a prefix that a longer one takes over', () => {
      const bench = openBench(open(WIDE));
      bench.step([guestUdp('10.1.2.50')]);
      bench.state.apply(subnetItem('a-small', GNI_A, 'a-net', '10.1.2.48/29'), bench.now);
      bench.step([guestUdp('10.1.2.50')]);
      expect(bench.slowPath.counters.decisions).toBe(2);
    });

    it('accepts nothing under an agreement that went', () => {
      const bench = openBench(open(WIDE));
      bench.step([fromY('10.1.2.50')]);
      bench.state.apply({ kind: 'agreement-gone', id: 2, revision: 9 }, bench.now);
      expect(bench.step([fromY('10.1.2.50')])).toEqual([]);
      expect(bench.fastPath.status().contexts).toBe(0);
      bench.state.apply(agreementItem(2, 'y', 'x'), bench.now);
      expect(bench.step([fromY('10.1.2.50')]), 'a late answer brings nothing back').toEqual([]);
      bench.state.apply({ ...agreementItem(2, 'y', 'x'), revision: 10 }, bench.now);
      expect(bench.step([fromY('10.1.2.50')])).toHaveLength(1);
    });

    it('forgets a port with what waits from it', () => {
      const bench = openBench(open(WIDE));
      bench.step([guestUdp('10.1.2.50'), guestUdp('10.1.2.99')]);
      bench.state.removePort(PORT_A30, bench.now);
      bench.fastPath.removePort(PORT_A30);
      expect(bench.fastPath.status()).toMatchObject({ flows: 0, upcallsWaiting: 0 });
      expect(bench.droppedFor()).toEqual({ 'unknown-port': 1 });
    });

    it('survives the end of a context whose flows wait for a decision', () => {
      const bench = openBench(open(WIDE));
      bench.step([fromY('10.1.2.51')]);
      expect(bench.wanted).toEqual([{ gni: GNI_A, address: address('10.1.2.51') }]);
      bench.state.apply({ kind: 'agreement-gone', id: 2, revision: 9 }, bench.now);
      bench.step([guestUdp('10.1.2.50'), guestUdp('10.1.2.70')]);
      bench.state.apply(mappingItem(GNI_A, '10.1.2.51', 'y'), bench.now);
      expect(bench.arrived({ gni: GNI_A, address: address('10.1.2.51') })).toEqual([]);
      expect(bench.fastPath.flows(10, bench.now).map(({ source }) => source)).toEqual([
        address('10.1.2.30'),
        address('10.1.2.30'),
      ]);
    });

    it('never caches fragments, nor lets them use what is cached', () => {
      const bench = openBench(open(WIDE));
      const whole = guestUdp('10.1.2.50');
      bench.step([whole]);
      const [source, destination] = [address('10.1.2.30'), address('10.1.2.50')];
      const payload = whole.bytes.slice(20, 28);
      const bytes = buildIpv4({ source, destination, protocol: 17, payload, moreFragments: true });
      for (let sent = 0; sent < 3; sent++) {
        expect(bench.step([{ kind: 'guest', port: PORT_A30, bytes }])).toHaveLength(1);
      }
      expect(bench.slowPath.counters.decisions).toBe(4);
      expect(bench.fastPath.status().flows).toBe(1);
    });

    it('sends up what is longer than a cached decision holds for', () => {
      const bench = openBench(open(WIDE));
      bench.step([guestUdp('10.1.2.50')]);
      expect(bench.step([guestUdp('10.1.2.50', 1000, new Uint8Array(1400))])).toEqual([]);
      expect(bench.droppedFor()).toEqual({ 'too-long': 1 });
      expect(bench.step([guestUdp('10.1.2.50')])).toHaveLength(1);
      expect(bench.slowPath.counters.decisions).toBe(2);
    });

    it('decides again when a decision is no longer valid', () => {
      const bench = openBench(open(WIDE));
      bench.state.apply(mappingItem(GNI_A, '10.1.2.50', 'z', 2), bench.now);
      const decisions = () => {
        bench.step([fromY('10.1.2.50')]);
        return bench.slowPath.counters.decisions;
      };
      const first = decisions();
      bench.now += 999;
      expect(decisions()).toBe(first);
      bench.now += 1;
      expect(decisions()).toBe(first + 1);
    });

    it('cached decisions equal fresh ones under random state, packets and changes', () => {
      fc.assert(
        fc.property(fc.integer({ min: 0, max: 2 ** 31 }), (seed) => checkCacheEquivalence(open(WIDE), seed)),
        { numRuns: RUNS },
      );
    });

    it('and with a table so small that entries come and go', () => {
      fc.assert(
        fc.property(fc.integer({ min: 0, max: 2 ** 31 }), (seed) =>
          checkCacheEquivalence(open({ capacity: 8, quota: 3 }), seed),
        ),
        { numRuns: RUNS },
      );
    });
  });
}
