import { describe, expect, it } from 'vitest';
import { LOOKUP_RATE, MAX_WAITING_PER_MAPPING, REPLY_RATE } from '../../src/agent/slow-path.ts';
import {
  type FastPath,
  HOLD_MS,
  IDLE_MS,
  MAX_HELD_PACKETS,
  MAX_UPCALLS_PER_ORIGIN,
} from '../../src/fastpath/fast-path.ts';
import type { InPacket } from '../../src/fastpath/packets.ts';
import {
  address,
  GNI_A,
  header,
  mappingItem,
  PORT_A30,
  PORT_A31,
  subnetItem,
  UNDERLAY_PORT,
} from '../kit/cloud-of-one.ts';
import { openBench } from '../kit/slow-path-bench.ts';
import { type FastPathSizes, WIDE } from './fast-path.ts';
import { fromY, guestUdp } from './fast-path-packets.ts';

/** Steps to the end of the batch without answering anything. */
function upcallsOf(fastPath: FastPath, batch: readonly InPacket[]): number {
  let upcalls = 0;
  for (let next = 0; next < batch.length; ) {
    const output = fastPath.step(batch, next, 0);
    next = output.next;
    upcalls += output.upcalls.length;
  }
  return upcalls;
}

/** What a fast path and the slow path behind it hold, and for how long. */
export function describeLimits(name: string, open: (sizes: FastPathSizes) => FastPath): void {
  describe(`limits of fast path ${name}`, () => {
    it('leaves nothing behind for headers that lead to no port here', () => {
      const bench = openBench(open(WIDE));
      for (let gni = 5000; gni < 5300; gni++) {
        const head = header('udp/2.0', { sourceGni: gni, destinationGni: gni, agreement: 2, labels: [] });
        bench.step([fromY('10.1.2.50', 1000, 0, 0, head)]);
      }
      for (let label = 0; label < 300; label++) {
        const head = header('udp/2.0', { sourceGni: GNI_A, destinationGni: GNI_A, agreement: 2, labels: [label] });
        bench.step([fromY('10.1.2.50', 1000, 0, 0, head)]);
      }
      expect(bench.fastPath.status().contexts).toBe(0);
      expect(bench.step([fromY('10.1.2.50')])).toHaveLength(1);
    });

    it('forgets accepted headers that are not used', () => {
      const bench = openBench(open(WIDE));
      bench.step([fromY('10.1.2.50')]);
      bench.now += IDLE_MS + 1;
      bench.fastPath.expire(bench.now);
      expect(bench.fastPath.status()).toMatchObject({ contexts: 0, flows: 0 });
    });

    it('holds the first packets of a flow in order, at most so many', () => {
      const bench = openBench(open(WIDE));
      const batch = [1, 2, 3, 4, 5, 6].map((byte) => guestUdp('10.1.2.99', 1000, Uint8Array.of(byte)));
      expect(bench.step(batch)).toEqual([]);
      expect(bench.wanted).toHaveLength(1);
      bench.state.apply(mappingItem(GNI_A, '10.1.2.99', 'y'), bench.now);
      const out = bench.arrived({ gni: GNI_A, address: address('10.1.2.99') });
      expect(out.map(({ bytes }) => bytes.at(-1))).toEqual([1, 2, 3, 4]);
      expect(bench.droppedFor()).toEqual({ 'pending-full': batch.length - MAX_HELD_PACKETS });
    });

    it('gives up what waited too long', () => {
      const bench = openBench(open(WIDE));
      bench.step([guestUdp('10.1.2.99')]);
      bench.now += HOLD_MS;
      bench.fastPath.expire(bench.now);
      expect(bench.droppedFor()).toEqual({ 'hold-timeout': 1 });
      expect(bench.fastPath.status()).toMatchObject({ flows: 0, upcallsWaiting: 0 });
    });

    it('bounds what one origin has undecided, and lets others go up', () => {
      const fastPath = open(WIDE);
      const flood = Array.from({ length: MAX_UPCALLS_PER_ORIGIN + 10 }, (_, at) => guestUdp('10.1.2.99', at));
      expect(upcallsOf(fastPath, flood)).toBe(MAX_UPCALLS_PER_ORIGIN);
      expect(fastPath.drops().get('upcall-limit')).toBe(10);
      expect(upcallsOf(fastPath, [guestUdp('10.1.2.50', 1000, undefined, PORT_A31)])).toBe(1);
    });

    it('bounds flows of one origin by evicting its own', () => {
      const bench = openBench(open({ capacity: 64, quota: 16 }));
      bench.step([guestUdp('10.1.2.50', 1, undefined, PORT_A31)]);
      for (let port = 1; port <= 100; port++) expect(bench.step([guestUdp('10.1.2.50', port)])).toHaveLength(1);
      expect(bench.fastPath.flowsOfPort(PORT_A30)).toBe(16);
      expect(bench.fastPath.flowsOfPort(PORT_A31)).toBe(1);
      expect(bench.fastPath.status().evictions).toBe(84);
    });

    it('takes from those that have most when its table is full', () => {
      const bench = openBench(open({ capacity: 8, quota: 8 }));
      for (let port = 1; port <= 8; port++) bench.step([guestUdp('10.1.2.50', port)]);
      for (let sent = 0; sent < 3; sent++) {
        expect(bench.step([guestUdp('10.1.2.50', 9, undefined, PORT_A31)])).toHaveLength(1);
      }
      expect(bench.fastPath.flowsOfPort(PORT_A30)).toBe(7);
      expect(bench.fastPath.flowsOfPort(PORT_A31)).toBe(1);
      expect(bench.slowPath.counters.decisions).toBe(9);
    });

    it('goes on without caching when nothing can be taken', () => {
      const bench = openBench(open({ capacity: 1, quota: 1 }));
      bench.step([guestUdp('10.1.2.50', 1)]);
      for (let sent = 0; sent < 3; sent++) {
        expect(bench.step([guestUdp('10.1.2.50', 9, undefined, PORT_A31)])).toHaveLength(1);
      }
      expect(bench.fastPath.flowsOfPort(PORT_A30)).toBe(1);
    });

    it('bounds what waits for one mapping, and lets the same origin reach others', () => {
      const bench = openBench(open(WIDE));
      bench.step(Array.from({ length: MAX_WAITING_PER_MAPPING + 5 }, (_, at) => guestUdp('10.1.2.99', at)));
      expect(bench.droppedFor()).toEqual({ 'pending-full': 5 });
      expect(bench.wanted).toHaveLength(MAX_WAITING_PER_MAPPING);
      expect(bench.step([guestUdp('10.1.2.50')])).toHaveLength(1);
    });

    it('bounds how many mappings one origin asks for, and lets others ask', () => {
      const bench = openBench(open(WIDE));
      const targets = Array.from(
        { length: LOOKUP_RATE.burst + 20 },
        (_, at) => `10.1.${3 + (at >> 7)}.${1 + (at & 127)}`,
      );
      bench.state.apply(subnetItem('a-wide', GNI_A, 'a-net', '10.1.0.0/16'), bench.now);
      bench.step(targets.map((target) => guestUdp(target)));
      expect(bench.droppedFor()).toEqual({ 'lookup-limit': 20 });
      bench.step([guestUdp('10.1.9.1', 1000, undefined, PORT_A31)]);
      expect(bench.wanted).toHaveLength(LOOKUP_RATE.burst + 1);
      bench.now += 1000;
      bench.step(targets.slice(-20).map((target) => guestUdp(target)));
      expect(bench.wanted).toHaveLength(LOOKUP_RATE.burst + 21);
    });

    it('bounds the ICMP errors that one port gets', () => {
      const bench = openBench(open(WIDE));
      const batch = Array.from({ length: REPLY_RATE.burst + 5 }, () =>
        guestUdp('10.1.2.50', 1, new Uint8Array(1400), PORT_A30, true),
      );
      expect(bench.step(batch)).toHaveLength(REPLY_RATE.burst);
      expect(bench.droppedFor()).toEqual({ 'too-long': 5 });
    });

    it('forgets idle flows and keeps used ones', () => {
      const bench = openBench(open(WIDE));
      bench.step([guestUdp('10.1.2.50', 1), guestUdp('10.1.2.50', 2)]);
      bench.now += IDLE_MS;
      bench.step([guestUdp('10.1.2.50', 2)]);
      bench.now += 1;
      bench.fastPath.expire(bench.now);
      expect(bench.fastPath.flows(10, bench.now)).toMatchObject([{ sourcePort: 2 }]);
    });

    it('charges unknown senders to one bucket', () => {
      const fastPath = open(WIDE);
      const datagrams: InPacket[] = Array.from({ length: MAX_UPCALLS_PER_ORIGIN + 5 }, (_, at) => ({
        ...fromY('10.1.2.50'),
        kind: 'underlay',
        tos: 0,
        source: { address: address('198.18.1.0') + at, port: UNDERLAY_PORT },
      }));
      expect(upcallsOf(fastPath, datagrams)).toBe(MAX_UPCALLS_PER_ORIGIN);
      expect(fastPath.drops().get('upcall-limit')).toBe(5);
    });
  });
}
