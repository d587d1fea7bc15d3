import { expect, it } from 'vitest';
import { PacketSampler, SAMPLE_WINDOW_MS } from '../../../../src/agent/observe/packet-sampler.ts';
import { seededRandom } from '../../../../src/base/random.ts';

const random = seededRandom(3);
/** How many zeros a digest ends in. */
const anyLevel = () => Math.clz32(random.uint32());

/** Numbers of the packets that pass, of so many at a steady rate. */
function passing(
  sampler: PacketSampler,
  packets: number,
  perMs: number,
  from = 0,
  levels?: readonly number[],
): number[] {
  return Array.from({ length: packets }, (_, number) => number).filter((number) =>
    sampler.passes(levels?.[number] ?? anyLevel(), from + number / perMs),
  );
}

it('lets every packet of a slow flow pass', () => {
  const sampler = new PacketSampler(16, 0);
  expect(passing(sampler, 200, 0.2, SAMPLE_WINDOW_MS)).toHaveLength(200);
  expect(sampler.bits).toBe(0);
});

it('lets the first packets of a burst pass after silence', () => {
  const sampler = new PacketSampler(16, 0);
  expect(passing(sampler, 16, 1000, 10_000)).toHaveLength(16);
});

it('lets about as many packets of a fast flow pass as it may, whatever the rate', () => {
  for (const perMs of [5, 50, 500]) {
    const sampler = new PacketSampler(16, 0);
    passing(sampler, 100 * perMs, perMs);
    const windows = 20;
    const passed = passing(sampler, windows * SAMPLE_WINDOW_MS * perMs, perMs, 100).length;
    expect(passed).toBeGreaterThan((windows * 16) / 4);
    expect(passed).toBeLessThan(windows * 16 * 2.5);
  }
});

it('lets pass what passes in one that allows less, also where a burst meets their windows differently', () => {
  for (let late = 1; late < SAMPLE_WINDOW_MS; late += 7) {
    const receiver = new PacketSampler(64, 0);
    const sender = new PacketSampler(16, late);
    const levels = Array.from({ length: 20_000 }, anyLevel);
    const received = new Set(passing(receiver, levels.length, 20, late, levels));
    const sent = passing(sender, levels.length, 20, late, levels);
    expect(sent.length).toBeGreaterThan(100);
    expect(sent.filter((number) => !received.has(number))).toEqual([]);
  }
});
