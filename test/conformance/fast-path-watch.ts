import { describe, expect, it } from 'vitest';
import { type FastPath, HOLD_MS } from '../../src/fastpath/fast-path.ts';
import type { InPacket } from '../../src/fastpath/packets.ts';
import { type Sighting, WATCH_NOTHING, type Watch } from '../../src/fastpath/watch.ts';
import { address, GNI_A, mappingItem, PORT_A30, PORT_A31 } from '../kit/cloud-of-one.ts';
import { openBench } from '../kit/slow-path-bench.ts';
import { type FastPathSizes, WIDE } from './fast-path.ts';
import { fromY, guestPing, guestUdp } from './fast-path-packets.ts';

const ALL: Watch = { drops: true, underlay: true, ports: new Set([PORT_A30, PORT_A31]), flows: [] };

function verdicts(seen: readonly Sighting[]): string[] {
  return seen.map(({ verdict }) => (verdict.kind === 'drop' ? verdict.reason : verdict.kind));
}

function spoofed(): InPacket {
  const packet = guestUdp('10.1.2.50', 1000, new Uint8Array(4), PORT_A31);
  return { ...packet, port: PORT_A30 } as InPacket;
}

/** What every fast path shows of the packets that are watched. */
export function describeWatch(name: string, open: (sizes: FastPathSizes) => FastPath): void {
  const watching = (watch: Watch) => {
    const bench = openBench(open(WIDE));
    bench.fastPath.setWatch(watch);
    return bench;
  };

  describe(`watching packets on fast path ${name}`, () => {
    it('shows nothing unless it is asked to', () => {
      const bench = openBench(open(WIDE));
      bench.step([guestUdp('10.1.2.50'), spoofed(), fromY('10.1.2.50')]);
      expect(bench.seen).toEqual([]);
    });

    it.each<[string, InPacket, string]>([
      ['sent to a host', guestUdp('10.1.2.50'), 'send'],
      ['delivered on this host', guestUdp('10.1.2.31'), 'deliver'],
      ['delivered from a host', fromY('10.1.2.50'), 'deliver'],
      ['dropped', spoofed(), 'spoofed-source'],
      ['answered', guestUdp('10.1.2.50', 1, new Uint8Array(1400), PORT_A30, true), 'reply'],
      ['not parsed', { kind: 'guest', port: PORT_A30, bytes: new Uint8Array(3) }, 'too-short'],
      ['without an envelope', { ...fromY('10.1.2.50'), bytes: new Uint8Array(8) }, 'bad-header'],
    ])('shows a packet once, first and repeated: %s', (_, packet, verdict) => {
      const bench = watching(ALL);
      bench.step([packet]);
      bench.step([packet]);
      expect(verdicts(bench.seen)).toEqual([verdict, verdict]);
      for (const { arrival } of bench.seen) expect(arrival.kind).toBe(packet.kind);
    });

    it('shows with a packet what left for it', () => {
      const bench = watching(ALL);
      const [out] = bench.step([guestUdp('10.1.2.50')]);
      const [back] = bench.step([fromY('10.1.2.50', 1000, 3, 2)]);
      expect(bench.seen.map(({ output }) => output)).toEqual([out, back]);
    });

    it('shows every drop that is counted, those of waiting packets included', () => {
      const bench = watching({ ...WATCH_NOTHING, drops: true });
      const unknown = Array.from({ length: 7 }, () => guestPing(1)).map((packet) => redirected(packet));
      bench.step([...unknown, spoofed(), guestUdp('10.1.2.50')]);
      bench.now += HOLD_MS + 1;
      const expired = bench.fastPath.expire(bench.now);
      expect(verdicts([...bench.seen, ...expired]).toSorted()).toEqual([
        ...Array(4).fill('hold-timeout'),
        ...Array(3).fill('pending-full'),
        'spoofed-source',
      ]);
      expect(bench.seen.length + expired.length).toBe(bench.dropped());
    });

    it('shows packets that waited once their fate is known', () => {
      const bench = watching(ALL);
      const packets = [1, 2, 3].map((id) => redirected(guestPing(id)));
      bench.step(packets);
      expect(bench.seen).toEqual([]);
      bench.state.apply(mappingItem(GNI_A, '10.1.2.99', 'y'), bench.now);
      bench.arrived({ gni: GNI_A, address: address('10.1.2.99') });
      expect(verdicts(bench.seen)).toEqual(['send', 'send', 'send']);
      expect(bench.seen.map(({ arrival }) => arrival.bytes)).toEqual(packets.map(({ bytes }) => bytes));
    });

    it('shows what waits from a port that goes', () => {
      const bench = watching(ALL);
      bench.step([redirected(guestPing(1))]);
      expect(verdicts(bench.fastPath.removePort(PORT_A30))).toEqual(['unknown-port']);
    });

    it.each<[string, Partial<Watch>, string[]]>([
      ['drops', { drops: true }, ['spoofed-source']],
      ['the underlay', { underlay: true }, ['send', 'deliver']],
      ['a port', { ports: new Set([PORT_A31]) }, ['deliver']],
      ['the other port', { ports: new Set([PORT_A30]) }, ['send', 'deliver', 'deliver', 'spoofed-source']],
      ['a flow', { flows: [flow({})] }, ['send']],
      ['a flow of a port', { flows: [flow({ sourcePort: 1000 })] }, ['send']],
      ['a flow of another port', { flows: [flow({ sourcePort: 1001 })] }, []],
      ['a flow of another protocol', { flows: [flow({ protocol: 1 })] }, []],
    ])('shows only %s', (_, watch, expected) => {
      const bench = watching({ ...WATCH_NOTHING, ...watch });
      bench.step([guestUdp('10.1.2.50'), guestUdp('10.1.2.31'), fromY('10.1.2.50'), spoofed()]);
      expect(verdicts(bench.seen)).toEqual(expected);
    });
  });
}

function flow(change: Partial<Watch['flows'][number]>): Watch['flows'][number] {
  return { source: address('10.1.2.30'), destination: address('10.1.2.50'), ...change };
}

/** The same packet to an address of which no mapping is known. */
function redirected(packet: InPacket): InPacket {
  const udp = guestUdp('10.1.2.99');
  return packet.kind === 'guest' ? { ...packet, bytes: udp.bytes } : packet;
}
