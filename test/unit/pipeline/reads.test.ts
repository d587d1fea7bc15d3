import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { seededRandom } from '../../../src/base/random.ts';
import type { Snapshot, StateKey } from '../../../src/model/snapshot.ts';
import type { Arrival } from '../../../src/pipeline/arrival.ts';
import { decide } from '../../../src/pipeline/decide.ts';
import { internetChecksum } from '../../../src/packet/checksum.ts';
import { PacketView } from '../../../src/packet/packet-view.ts';
import { readHeaderLength } from '../../../src/wire/envelope.ts';
import { RandomPackets } from '../../conformance/random-packets.ts';
import { hostX } from '../../kit/cloud-of-one.ts';
import { runs } from '../../kit/runs.ts';

/** The key that stands for the absence of what a method was asked for. */
const ABSENT_UNDER: Partial<Record<keyof Snapshot, (asked: readonly unknown[]) => StateKey | undefined>> = {
  subnet: ([network]) => (network as { key: StateKey }).key,
  outgoing: ([peer]) => (peer as { key: StateKey }).key,
  incoming: ([peer]) => (peer as { key: StateKey }).key,
};

/** A snapshot that notes the key of everything it is asked for. */
function recorded(snapshot: Snapshot): { snapshot: Snapshot; seen: Set<StateKey> } {
  const seen = new Set<StateKey>();
  const handler: ProxyHandler<Snapshot> = {
    get(target, name: keyof Snapshot) {
      const member = target[name];
      if (typeof member !== 'function') return member;
      return (...asked: unknown[]) => {
        const found = (member as (...all: unknown[]) => { key: StateKey } | undefined).apply(target, asked);
        const key = found?.key ?? ABSENT_UNDER[name]?.(asked);
        if (key !== undefined) seen.add(key);
        return found;
      };
    },
  };
  return { snapshot: new Proxy(snapshot, handler), seen };
}

function arrivals(seed: number): { state: ReturnType<typeof hostX>; arrivals: Arrival[] } {
  const state = hostX();
  const packets = new RandomPackets(seededRandom(seed), state);
  const all = Array.from({ length: 60 }, () => packets.next()).map((packet): Arrival => {
    if (packet.kind === 'guest') return packet;
    const length = readHeaderLength(packet.bytes) ?? 0;
    const { kind, source, tos, bytes } = packet;
    return { kind, source, tos, header: bytes.subarray(0, length), bytes: bytes.subarray(length) };
  });
  return { state, arrivals: all };
}

const anySeed = fc.integer({ min: 0, max: 2 ** 31 });

describe('what a decision reads', () => {
  it('of the state is in its reads, where it may be cached', () => {
    fc.assert(
      fc.property(anySeed, (seed) => {
        const { state, arrivals: all } = arrivals(seed);
        for (const arrival of all) {
          const { snapshot, seen } = recorded(state);
          const decision = decide(snapshot, arrival);
          if (decision.isCacheable) expect(decision.reads).toEqual(expect.arrayContaining([...seen]));
        }
      }),
      { numRuns: runs(40) },
    );
  });

  it('of the packet is in the flow key or the guards, where it may be cached', () => {
    fc.assert(
      fc.property(anySeed, (seed) => {
        const { state, arrivals: all } = arrivals(seed);
        for (const arrival of all) {
          const decision = decide(state, arrival);
          if (!decision.isCacheable) continue;
          for (const other of likeInKeyAndGuards(arrival)) expect(decide(state, other)).toEqual(decision);
        }
      }),
      { numRuns: runs(40) },
    );
  });

  it('finds cacheable decisions of every kind to judge', () => {
    const kinds = new Set<string>();
    for (let seed = 0; seed < 20; seed++) {
      const { state, arrivals: all } = arrivals(seed);
      for (const arrival of all) {
        const { isCacheable, outcome } = decide(state, arrival);
        if (isCacheable) kinds.add(`${arrival.kind} ${outcome.kind}`);
      }
    }
    expect([...kinds]).toEqual(
      expect.arrayContaining(['guest send', 'guest deliver', 'guest drop', 'underlay deliver', 'underlay drop']),
    );
  });
});

/** The same flow with other TTL, identification, TOS within its ECN, flags and payload. */
function likeInKeyAndGuards(arrival: Arrival): Arrival[] {
  const changes: ((bytes: Uint8Array, headerLength: number) => void)[] = [
    (bytes) => bytes.fill(7, 8, 9),
    (bytes) => bytes.fill(0xab, 4, 6),
    (bytes) => bytes.fill((bytes[1] ?? 0) ^ 0xfc, 1, 2),
    (bytes, headerLength) => bytes.fill(0x55, headerLength + 8),
  ];
  return changes.flatMap((change) => {
    const bytes = arrival.bytes.slice();
    const view = new PacketView();
    if (view.parse(bytes) !== undefined || view.protocol === 6) return [];
    change(bytes, view.headerLength);
    bytes.fill(0, 10, 12);
    const checksum = internetChecksum(bytes.subarray(0, view.headerLength));
    bytes.set([checksum >>> 8, checksum & 255], 10);
    return [{ ...arrival, bytes }];
  });
}
