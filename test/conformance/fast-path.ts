import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { HOLD_MS, IDLE_MS, MAX_HELD_PACKETS, MAX_UPCALLS_PER_ORIGIN } from '../../src/fastpath/fast-path.ts';
import type { FastPath } from '../../src/fastpath/fast-path.ts';
import type { InPacket } from '../../src/fastpath/packets.ts';
import { LOOKUP_RATE, MAX_WAITING_PER_MAPPING, REPLY_RATE } from '../../src/agent/slow-path.ts';
import { buildIcmpEcho, buildIpv4, buildTcp, buildUdp } from '../../src/packet/build.ts';
import { TCP_SYN } from '../../src/packet/protocols.ts';
import {
  address,
  agreementItem,
  GNI_A,
  header,
  mappingItem,
  PORT_A30,
  PORT_A31,
  subnetItem,
  UNDERLAY_PORT,
} from '../kit/cloud-of-one.ts';
import { openBench } from '../kit/slow-path-bench.ts';
import { runs } from '../kit/runs.ts';
import { checkCacheEquivalence } from './fast-path-equivalence.ts';

export interface FastPathSizes {
  readonly capacity: number;
  readonly quota: number;
}

const WIDE: FastPathSizes = { capacity: 1024, quota: 512 };
const HEADER_FROM_Y = header('udp/2.0', { sourceGni: GNI_A, destinationGni: GNI_A, agreement: 2, labels: [] });
const RUNS = runs(150);

function guestUdp(
  destination: string,
  sourcePort = 1000,
  payload = new Uint8Array(4),
  port = PORT_A30,
  dontFragment = false,
): InPacket {
  const source = address(port === PORT_A31 ? '10.1.2.31' : '10.1.2.30');
  const ports = { sourcePort, destinationPort: 2000 };
  const bytes = buildUdp({ source, destination: address(destination), ...ports, payload, dontFragment });
  return { kind: 'guest', port, bytes };
}

const A30_TO_A50 = { source: address('10.1.2.30'), destination: address('10.1.2.50') };

function guestTcp(sourcePort: number, destinationPort: number): InPacket {
  return {
    kind: 'guest',
    port: PORT_A30,
    bytes: buildTcp({ ...A30_TO_A50, sourcePort, destinationPort, flags: TCP_SYN }),
  };
}

function guestPing(id: number, reply = false): InPacket {
  return { kind: 'guest', port: PORT_A30, bytes: buildIcmpEcho({ ...A30_TO_A50, id, sequence: 1, reply }) };
}

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

function fromY(source: string, sourcePort = 1000, tos = 0, innerTos = 0, headerBytes = HEADER_FROM_Y): InPacket {
  const inner = buildUdp({
    source: address(source),
    destination: address('10.1.2.30'),
    sourcePort,
    destinationPort: 2000,
    payload: new Uint8Array(4),
    tos: innerTos,
  });
  const bytes = Uint8Array.from([...headerBytes, ...inner]);
  return { kind: 'underlay', source: { address: address('198.18.0.12'), port: UNDERLAY_PORT }, tos, bytes };
}

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
      expect(bench.fastPath.expire(bench.now)).toBe(false);
      expect(bench.fastPath.status()).toMatchObject({ contexts: 0, flows: 0 });
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

function withTos(bytes: Uint8Array, tos: number): Uint8Array {
  const view = new DataView(bytes.buffer);
  const copy = buildIpv4({
    source: view.getUint32(12),
    destination: view.getUint32(16),
    protocol: bytes[9] ?? 0,
    payload: bytes.subarray(20),
    tos,
  });
  return copy;
}
