import { describe, expect, it } from 'vitest';
import { SlowPath } from '../../../src/agent/slow-path.ts';
import type { FastPath, Resolution, Upcall } from '../../../src/fastpath/fast-path.ts';
import type { OutPacket } from '../../../src/fastpath/packets.ts';
import { ReferenceFastPath } from '../../../src/fastpath/reference/reference-fast-path.ts';
import { buildUdp } from '../../../src/packet/build.ts';
import { decide } from '../../../src/pipeline/decide.ts';
import { udpPacket } from '../../kit/agent-bench.ts';
import { address, GNI_A, header, hostX, mappingItem, PORT_A30, UNDERLAY_PORT } from '../../kit/cloud-of-one.ts';
import { openBench } from '../../kit/slow-path-bench.ts';

const AT_99 = { gni: GNI_A, address: address('10.1.2.99') };

function open() {
  return openBench(new ReferenceFastPath({ capacity: 64, quota: 32, seed: 1 }));
}

function fromGuest(destination: string, sourcePort = 1000, port = PORT_A30) {
  return { kind: 'guest', port, bytes: udpPacket('10.1.2.30', destination, sourcePort) } as const;
}

function fromZ(source: string) {
  const body = { sourceGni: GNI_A, destinationGni: GNI_A, agreement: 4, labels: [] };
  const bytes = Uint8Array.from([...header('udp/1.0', body), ...udpPacket(source, '10.1.2.30')]);
  const at = { address: address('198.18.0.13'), port: UNDERLAY_PORT };
  return { kind: 'underlay', source: at, tos: 0, bytes } as const;
}

describe('packets that wait for a mapping', () => {
  it('want it, and go when it arrives, in order and flow by flow', () => {
    const bench = open();
    const packets = [1, 2, 1, 2, 2].map((flow) => fromGuest('10.1.2.99', 1000 + flow));
    expect(bench.step(packets)).toEqual([]);
    expect(bench.slowPath.isWanted(AT_99)).toBe(true);
    expect(bench.wanted).toEqual([AT_99, AT_99]);
    bench.state.apply(mappingItem(GNI_A, '10.1.2.99', 'y', 2), bench.now);
    const out = bench.arrived(AT_99);
    const sources = out.map(({ bytes }) => new DataView(bytes.buffer).getUint16(20));
    expect(sources).toEqual([1001, 1001, 1002, 1002, 1002]);
    expect(bench.slowPath.isWanted(AT_99)).toBe(false);
    expect(bench.arrived(AT_99)).toEqual([]);
  });

  it('want it again where it arrived and is not known all the same', () => {
    const bench = open();
    bench.step([fromGuest('10.1.2.99')]);
    expect(bench.arrived(AT_99)).toEqual([]);
    expect(bench.wanted).toEqual([AT_99, AT_99]);
    expect(bench.slowPath.isWanted(AT_99)).toBe(true);
  });

  it('are dropped where the answer is that nobody has it', () => {
    const bench = open();
    bench.step([fromGuest('10.1.2.99'), fromGuest('10.1.2.99')]);
    bench.state.apply(mappingItem(GNI_A, '10.1.2.99', undefined, 2), bench.now);
    expect(bench.arrived(AT_99)).toEqual([]);
    expect(bench.droppedFor()).toEqual({ 'no-such-guest': 2 });
  });

  it('and gave up waiting make nobody ask any more', () => {
    const bench = open();
    bench.step([fromGuest('10.1.2.99')]);
    bench.slowPath.prune();
    expect(bench.slowPath.isWanted(AT_99)).toBe(true);
    bench.now += 3000;
    bench.step([fromGuest('10.1.2.99', 1001)]);
    bench.fastPath.expire(bench.now);
    bench.slowPath.prune();
    expect(bench.slowPath.isWanted(AT_99)).toBe(true);
    bench.now += 3000;
    bench.fastPath.expire(bench.now);
    bench.slowPath.prune();
    expect(bench.slowPath.isWanted(AT_99)).toBe(false);
    expect(bench.droppedFor()).toEqual({ 'hold-timeout': 2 });
    bench.state.apply(mappingItem(GNI_A, '10.1.2.99', 'y', 2), bench.now);
    expect(bench.arrived(AT_99)).toEqual([]);
  });

  it('wait by tenant: the same address of another is another', () => {
    const bench = open();
    bench.step([fromGuest('10.1.2.99')]);
    expect(bench.arrived({ ...AT_99, gni: 2002 })).toEqual([]);
    expect(bench.slowPath.isWanted(AT_99)).toBe(true);
    expect(bench.slowPath.isWanted({ ...AT_99, gni: 2002 })).toBe(false);
  });
});

it('a mapping that packets contradict is asked for, at most once a second each', () => {
  const bench = open();
  const at50 = { gni: GNI_A, address: address('10.1.2.50') };
  bench.step([fromZ('10.1.2.50'), fromZ('10.1.2.50')]);
  expect(bench.wanted).toEqual([at50]);
  bench.now += 999;
  bench.state.apply(mappingItem(GNI_A, '10.1.2.50', undefined, 2), bench.now);
  bench.step([fromZ('10.1.2.50')]);
  expect(bench.wanted).toEqual([at50]);
  bench.now += 1000;
  bench.step([fromZ('10.1.2.50')]);
  expect(bench.wanted).toEqual([at50, at50]);
  expect(bench.droppedFor()).toEqual({ 'source-not-there': 4 });
});

it('a packet that is answered goes back to its guest and nowhere else', () => {
  const bench = open();
  const bytes = buildUdp({
    source: address('10.1.2.30'),
    destination: address('10.1.2.50'),
    sourcePort: 1000,
    destinationPort: 2000,
    payload: new Uint8Array(1500),
    dontFragment: true,
  });
  const out = bench.step([{ kind: 'guest', port: PORT_A30, bytes }]);
  expect(out).toMatchObject([{ kind: 'guest', port: PORT_A30 }]);
  expect(bench.fastPath.status()).toMatchObject({ flows: 0, upcallsWaiting: 0 });
});

it('each decision is committed before the next is made', () => {
  const log: string[] = [];
  const upcalls = [1, 2].map((id): Upcall => ({ id, arrival: fromGuest('10.1.2.50', id), needsContext: false }));
  const state = hostX();
  const resolve = (id: number, resolution: Resolution) => {
    log.push(`resolve ${id} ${resolution.kind}`);
    const more: Upcall = { id: 3, arrival: fromGuest('10.1.2.31'), needsContext: false };
    return { packets: [], upcalls: id === 1 ? [more] : [], seen: [] };
  };
  const watched = new Proxy(state, {
    get: (target, name) => {
      if (name === 'portByIndex') log.push('decide');
      const value: unknown = Reflect.get(target, name, target);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
  const slowPath = new SlowPath({
    clock: { now: () => 0, wallTime: () => new Date(0), after: () => () => {} },
    snapshot: watched,
    fastPath: { resolve } as Partial<FastPath> as FastPath,
    send: (packets: readonly OutPacket[]) => log.push(`send ${packets.length}`),
    see: () => {},
    want: () => {},
    refused: () => {},
  });
  slowPath.handle({ packets: [{ kind: 'guest', port: 1, bytes: new Uint8Array() }], upcalls, seen: [] });
  expect(log).toEqual(['send 1', 'decide', 'resolve 1 flow', 'decide', 'resolve 2 flow', 'decide', 'resolve 3 flow']);
  expect(slowPath.counters).toEqual({ decisions: 3, held: 0 });
});

it('decides as anyone who asks the pipeline', () => {
  const bench = open();
  const packet = fromGuest('10.1.2.50');
  const [out] = bench.step([packet]);
  const { outcome } = decide(bench.state, packet);
  expect(out).toMatchObject({ kind: 'underlay', bytes: packet.bytes });
  expect(outcome).toMatchObject({ kind: 'send' });
  if (outcome.kind !== 'send' || out?.kind !== 'underlay') throw new Error('not sent');
  expect([out.destination, out.header]).toEqual([outcome.destination, outcome.header]);
});
