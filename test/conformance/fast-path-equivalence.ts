import { seededRandom } from '../../src/base/random.ts';
import type { FastPath } from '../../src/fastpath/fast-path.ts';
import type { InPacket, OutPacket } from '../../src/fastpath/packets.ts';
import { buildIcmpEcho, buildIpv4, buildTcp, buildUdp } from '../../src/packet/build.ts';
import { decapsulatedTos, outerEcn, setTos } from '../../src/packet/ecn.ts';
import { decide } from '../../src/pipeline/decide.ts';
import type { Outcome } from '../../src/pipeline/outcome.ts';
import { readHeaderLength } from '../../src/wire/envelope.ts';
import {
  addPort,
  address,
  agreementItem,
  GNI_A,
  GNI_B,
  header,
  hostItem,
  mappingItem,
  subnetItem,
  UNDERLAY_PORT,
} from '../kit/cloud-of-one.ts';
import { type Bench, openBench } from '../kit/slow-path-bench.ts';

const STEPS = 120;
/** Ports 0, 1 and 2 have the first, the first and the second of these; most packets are honest. */
const GUESTS = ['10.1.2.30', '10.1.2.31', '10.1.2.50', '10.1.2.70', '10.1.2.99', '192.0.2.1', '224.0.0.1'];
const FRAMEWORKS = ['udp/1.0', 'udp/2.0'];
const HOSTS = ['198.18.0.12', '198.18.0.13', '198.18.0.99'];

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
          ...agreementItem(1 + (random.uint32() % 6), pick(['x', 'y']), pick(['x', 'y', 'z']), pick(FRAMEWORKS)),
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
  for (let step = 0; step < STEPS; step++) {
    if (random.next() < 0.25) pick(changes)();
    else checkOne(bench, randomPacket(random, pick), pick(['y', 'z', undefined]), ++revision);
  }
}

type Pick = <T>(from: readonly T[]) => T;

function randomPacket(random: { uint32(): number }, pick: Pick): InPacket {
  const isGuest = pick([true, false]);
  const port = random.uint32() % 4;
  const own = port === 2 ? '10.1.2.31' : '10.1.2.30';
  const source = isGuest ? pick([own, own, own, pick(GUESTS)]) : pick(['10.1.2.50', '10.1.2.70', pick(GUESTS)]);
  const destination = isGuest ? pick(['10.1.2.31', '10.1.2.50', pick(GUESTS)]) : pick(['10.1.2.30', pick(GUESTS)]);
  const bytes = randomInner(pick, source, destination);
  if (isGuest) return { kind: 'guest', port, bytes };
  const gni = pick([GNI_A, GNI_A, GNI_B]);
  const agreement = 1 + (random.uint32() % 5);
  const labels = pick([[], [], [5]]);
  const framework = labels.length > 0 ? 'udp/2.0' : pick(['udp/1.0', 'udp/2.0']);
  const head = header(framework, { sourceGni: gni, destinationGni: pick([gni, GNI_A]), agreement, labels });
  const sender = { address: address(pick(HOSTS)), port: UNDERLAY_PORT };
  return { kind: 'underlay', source: sender, tos: pick([0, 1, 2, 3]), bytes: Uint8Array.from([...head, ...bytes]) };
}

function randomInner(pick: Pick, source: string, destination: string): Uint8Array {
  const ip = {
    source: address(source),
    destination: address(destination),
    tos: pick([0, 0, 1, 2, 3]),
    dontFragment: pick([true, false]),
  };
  const payload = new Uint8Array(pick([0, 8, 8, 1400]));
  const ports = { sourcePort: pick([1, 2]), destinationPort: pick([3, 4]) };
  const kinds = [
    () => buildUdp({ ...ip, ...ports, payload }),
    () => buildUdp({ ...ip, ...ports, payload }),
    () => buildTcp({ ...ip, ...ports, flags: pick([2, 16, 4]), payload }),
    () => buildIcmpEcho({ ...ip, id: pick([1, 2]), sequence: 1, payload }),
    () => buildIpv4({ ...ip, protocol: 17, payload: new Uint8Array(16), moreFragments: true, dontFragment: false }),
    () => buildIpv4({ ...ip, protocol: 99, payload, options: pick([new Uint8Array(0), Uint8Array.of(1, 1, 1, 1)]) }),
  ];
  return pick(kinds)();
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
