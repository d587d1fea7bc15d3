import { seededRandom } from '../../src/base/random.ts';
import type { FastPath } from '../../src/fastpath/fast-path.ts';
import type { InPacket, OutPacket } from '../../src/fastpath/packets.ts';
import { decapsulatedTos, outerEcn, setTos } from '../../src/packet/ecn.ts';
import { decide } from '../../src/pipeline/decide.ts';
import type { Outcome } from '../../src/pipeline/outcome.ts';
import { readHeaderLength } from '../../src/wire/envelope.ts';
import { FRAMEWORK_NAMES } from '../../src/wire/frameworks.ts';
import { addPort, agreementItem, GNI_A, GNI_B, hostItem, mappingItem, subnetItem } from '../kit/cloud-of-one.ts';
import { type Bench, openBench } from '../kit/slow-path-bench.ts';
import { GUESTS, HOSTS, RandomPackets } from './random-packets.ts';

const STEPS = 150;
/**
 * Random packets and changes of state, from a seed. Each packet is decided afresh by `decide` before
 * the fast path sees it, and what comes out must be that decision, carried out.
 */
export function checkCacheEquivalence(fastPath: FastPath, seed: number): void {
  const random = seededRandom(seed);
  const pick = <T>(from: readonly T[]): T => from[random.uint32() % from.length] as T;
  const bench = openBench(fastPath);
  let revision = 10;
  const later = (...delays: number[]) => {
    bench.now += pick(delays);
    return bench.now;
  };
  const changes: (() => void)[] = [
    () =>
      bench.state.apply(
        mappingItem(pick([GNI_A, GNI_B]), pick(GUESTS), pick(['x', 'y', 'z', 'nobody', undefined]), ++revision),
        bench.now,
      ),
    () =>
      bench.state.apply(
        {
          ...agreementItem(1 + (random.uint32() % 6), pick(['x', 'y']), pick(['x', 'y', 'z']), pick(FRAMEWORK_NAMES)),
          revision: ++revision,
        },
        bench.now,
      ),
    () => bench.state.apply({ kind: 'agreement-gone', id: 1 + (random.uint32() % 6), revision: ++revision }, bench.now),
    () => bench.state.apply({ ...hostItem(pick(['y', 'z']), pick(HOSTS)), revision: ++revision }, bench.now),
    () =>
      bench.state.apply(
        {
          ...subnetItem(pick(['s1', 's2']), GNI_A, 'a-net', pick(['10.1.2.0/24', '10.1.2.48/28', '10.1.0.0/16'])),
          revision: ++revision,
        },
        bench.now,
      ),
    () =>
      bench.state.apply({ kind: 'subnet-gone', name: pick(['s1', 's2', 'a-lan']), revision: ++revision }, bench.now),
    () => removePort(bench, random.uint32() % 3),
    () => addPortAgain(bench, random.uint32() % 3, pick([[], [5]])),
    () => void bench.state.mappings.takeDue(later(10, 70_000), () => pick([true, false])),
    () => void fastPath.expire(later(1, 1000, 40_000)),
  ];
  const packets = new RandomPackets(random, bench.state);
  for (let step = 0; step < STEPS; step++) {
    const choice = random.next();
    if (choice < 0.2) pick(changes)();
    else if (choice < 0.9) checkOne(bench, packets.next(), pick(['y', 'z', undefined]), ++revision);
    else checkBatch(bench, packets.batch());
  }
}

/** Packets that wait are left to `checkOne`: what lets them go is not in the batch. */
function checkBatch(bench: Bench, packets: readonly InPacket[]): void {
  const decided = packets.map((packet) => ({ packet, outcome: fresh(bench, packet) }));
  const going = decided.filter(({ outcome }) => outcome.kind !== 'hold');
  const before = bench.dropped();
  const out = bench.step(going.map(({ packet }) => packet));
  const [first] = packets;
  if (first === undefined) return;
  expectSame(
    out,
    going.flatMap(({ packet, outcome }) => carriedOut(packet, outcome)),
    first,
  );
  expectSame(bench.dropped() - before, going.filter(({ outcome }) => outcome.kind === 'drop').length, first);
}

function checkOne(bench: Bench, packet: InPacket, answer: string | undefined, revision: number): void {
  const expected = fresh(bench, packet);
  const before = bench.dropped();
  let out = bench.step([packet]);
  if (expected.kind === 'hold') {
    expectSame(out, [], packet);
    bench.state.apply({ kind: 'mapping', key: expected.wanted, revision, host: answer, validMs: 60_000 }, bench.now);
    const after = fresh(bench, packet);
    out = bench.arrived(expected.wanted);
    return expectCarriedOut(bench, before, packet, after, out);
  }
  expectCarriedOut(bench, before, packet, expected, out);
}

function fresh(bench: Bench, packet: InPacket): Outcome {
  if (packet.kind === 'guest') return decide(bench.state, packet).outcome;
  const length = readHeaderLength(packet.bytes) ?? 0;
  const { kind, source, tos, bytes } = packet;
  const arrival = { kind, source, tos, header: bytes.subarray(0, length), bytes: bytes.subarray(length) };
  return decide(bench.state, arrival).outcome;
}

function expectCarriedOut(bench: Bench, before: number, packet: InPacket, outcome: Outcome, out: OutPacket[]): void {
  const dropped = bench.dropped() - before;
  expectSame(dropped, outcome.kind === 'drop' ? 1 : 0, packet);
  expectSame(out, carriedOut(packet, outcome), packet);
}

function carriedOut(packet: InPacket, outcome: Outcome): OutPacket[] {
  const bytes = packet.kind === 'guest' ? packet.bytes : innerWithEcn(packet);
  switch (outcome.kind) {
    case 'deliver':
      return [{ kind: 'guest', port: outcome.port, bytes }];
    case 'send': {
      const { destination, header: head } = outcome;
      return [{ kind: 'underlay', destination, tos: outerEcn(bytes[1] ?? 0), header: head, bytes }];
    }
    case 'reply':
      return [{ kind: 'guest', port: outcome.port, bytes: outcome.packet }];
    case 'hold':
    case 'drop':
      return [];
  }
}

function innerWithEcn(packet: Extract<InPacket, { kind: 'underlay' }>): Uint8Array {
  const bytes = packet.bytes.slice(readHeaderLength(packet.bytes) ?? 0);
  const tos = decapsulatedTos(bytes[1] ?? 0, packet.tos);
  if (tos !== undefined && tos !== bytes[1]) setTos(bytes, tos);
  return bytes;
}

function expectSame(actual: unknown, expected: unknown, packet: InPacket): void {
  const [left, right] = [text(actual), text(expected)];
  if (left !== right) throw new Error(`for ${text(packet)}\n  the fast path gave ${left}\n  a fresh decision ${right}`);
}

function text(value: unknown): string {
  return JSON.stringify(value, (_, inner) =>
    inner instanceof Uint8Array ? Buffer.from(inner).toString('hex') : inner,
  );
}

const PORTS = [
  ['a30', GNI_A, 'a-net', '10.1.2.30'],
  ['b30', GNI_B, 'b-net', '10.1.2.30'],
  ['a31', GNI_A, 'a-net', '10.1.2.31'],
] as const;

function removePort(bench: Bench, index: number): void {
  bench.state.removePort(index, bench.now);
  bench.fastPath.removePort(index);
}

function addPortAgain(bench: Bench, index: number, labels: readonly number[]): void {
  removePort(bench, index);
  const [name, gni, network, at] = PORTS[index] ?? PORTS[0];
  addPort(bench.state, index, name, gni, network, [at], labels);
}
