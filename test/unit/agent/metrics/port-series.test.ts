import fc from 'fast-check';
import { expect, test } from 'vitest';
import { MAX_PORT_SERIES, OTHER, PortSeries } from '../../../../src/agent/metrics/port-series.ts';
import type { OwnedPort } from '../../../../src/agent/port-set.ts';
import type { PortCounters } from '../../../../src/fastpath/fast-path.ts';
import { portItem } from '../../../kit/agent-bench.ts';

/** Ports of a host, and what a fast path counts of them. */
class Scene {
  readonly series: PortSeries;
  readonly #ports = new Map<number, OwnedPort>();
  readonly #packets = new Map<number, number>();
  #nextIndex = 0;

  constructor() {
    this.series = new PortSeries({
      fastPath: { portCounters: (index) => counters(this.#packets.get(index) ?? 0) },
      ports: () => [...this.#ports.values()],
      byIndex: (index) => this.#ports.get(index),
    });
  }

  get indices(): number[] {
    return [...this.#ports.keys()];
  }

  nameOf(index: number): string {
    return this.#ports.get(index)?.item.name ?? '';
  }

  make(name: string): number {
    const index = this.#nextIndex++;
    const item = portItem({ name });
    const state = { state: 'up', trouble: undefined, failures: 0, upSince: 0, cancelRetry: () => {} } as const;
    this.#ports.set(index, { index, item, ...state });
    return index;
  }

  makeMany(count: number): number[] {
    return Array.from({ length: count }, (_, number) => this.make(`p${number}`));
  }

  send(index: number, packets: number): void {
    this.#packets.set(index, (this.#packets.get(index) ?? 0) + packets);
  }

  /** As `PortSet` does it: the port is gone when its device is detached. */
  remove(index: number): void {
    this.#ports.delete(index);
    this.loseDevice(index);
  }

  loseDevice(index: number): void {
    this.series.leaving(index);
    this.#packets.delete(index);
  }

  read(): Record<string, number> {
    return Object.fromEntries(this.series.totals().map(([label, { packetsIn }]) => [label, packetsIn]));
  }
}

function counters(packets: number): PortCounters {
  return { packetsIn: packets, bytesIn: packets * 100, packetsOut: 0, bytesOut: 0, dropped: 0 };
}

/** A scene with one port more than have names, which is the last. */
function crowded() {
  const scene = new Scene();
  const all = scene.makeMany(MAX_PORT_SERIES + 1);
  return { scene, first: all[0] ?? -1, last: all.at(-1) ?? -1 };
}

test('what the others do is added up, and stays when they go', () => {
  const { scene, last } = crowded();
  scene.send(last, 200);
  expect(scene.read()[OTHER]).toBe(200);
  expect(scene.read()[OTHER]).toBe(200);
  scene.send(last, 50);
  scene.remove(last);
  expect(scene.read()[OTHER]).toBe(250);
  const another = scene.make('another');
  scene.send(another, 1);
  expect(scene.read()[OTHER]).toBe(251);
});

test('a named port that goes takes its series along; the next one begins its own with 0', () => {
  const { scene, first, last } = crowded();
  scene.send(first, 1000);
  scene.send(last, 200);
  expect(scene.read()).toMatchObject({ p0: 1000, [OTHER]: 200 });
  scene.send(last, 7);
  scene.remove(first);
  const after = scene.read();
  expect(after).toMatchObject({ [`p${MAX_PORT_SERIES}`]: 0, [OTHER]: 207 });
  expect(after['p0']).toBeUndefined();
  scene.send(last, 3);
  expect(scene.read()).toMatchObject({ [`p${MAX_PORT_SERIES}`]: 3, [OTHER]: 207 });
});

test('of one that came and went between two readings nothing is lost where it had no name', () => {
  const { scene } = crowded();
  scene.read();
  const brief = scene.make('brief');
  scene.send(brief, 5);
  scene.remove(brief);
  expect(scene.read()[OTHER]).toBe(5);
});

test('the same among few ports makes no other', () => {
  const scene = new Scene();
  scene.makeMany(3);
  const brief = scene.make('brief');
  scene.send(brief, 5);
  scene.remove(brief);
  expect(scene.read()).toEqual({ p0: 0, p1: 0, p2: 0 });
});

test('a series goes on where a device is lost and made anew', () => {
  const { scene, first, last } = crowded();
  for (const index of [first, last]) {
    scene.send(index, 10);
    scene.loseDevice(index);
    scene.send(index, 1);
  }
  expect(scene.read()).toMatchObject({ p0: 11, [OTHER]: 11 });
});

test('a port with the name of the others is one of them', () => {
  const scene = new Scene();
  const index = scene.make(OTHER);
  scene.send(index, 5);
  expect(scene.read()).toEqual({ [OTHER]: 5 });
  scene.remove(index);
  expect(scene.read()).toEqual({ [OTHER]: 5 });
});

test('nothing falls, is lost or counted twice, whatever ports do', () => {
  const step = fc.record({
    what: fc.constantFrom('make', 'send', 'send', 'remove', 'lose', 'read'),
    which: fc.nat(MAX_PORT_SERIES + 20),
    packets: fc.nat(1000),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const scene = new Scene();
      scene.makeMany(MAX_PORT_SERIES + 5);
      let names = 0;
      let sent = 0;
      /** What ended with series that went. */
      let ended = 0;
      let before = scene.read();
      for (const { what, which, packets } of steps) {
        const index = scene.indices[which % scene.indices.length] ?? -1;
        if (what === 'make') scene.make(`q${names++}`);
        else if (what === 'send') {
          scene.send(index, packets);
          sent += packets;
        } else if (what === 'lose') scene.loseDevice(index);
        else if (what === 'remove') {
          ended += scene.read()[scene.nameOf(index)] ?? 0;
          scene.remove(index);
        } else {
          const now = scene.read();
          for (const [label, total] of Object.entries(before))
            expect(now[label] ?? Infinity).toBeGreaterThanOrEqual(total);
          expect(now[OTHER]).toBeDefined();
          before = now;
        }
      }
      const total = Object.values(scene.read()).reduce((sum, packets) => sum + packets, 0);
      expect(total + ended).toBe(sent);
    }),
    { numRuns: 60 },
  );
});
