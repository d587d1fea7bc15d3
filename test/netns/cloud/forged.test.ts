/** What somebody on the underlay, who is no host, can make a host do with forged datagrams, and what not. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { DropsDocument } from '../../../src/admin/documents.ts';
import { type Claim, datagramOf } from '../../kit/netns/forged-claim.ts';
import {
  FRAGMENT_BYTES,
  ODD_CARRIERS,
  type RefusedCase,
  WRONG_GUEST_PACKETS,
  WRONG_HEADERS,
  WRONG_SENDERS,
} from '../../kit/netns/forged-cases.ts';
import { type ForgeryScene, forgeryCloud, forgeryScene } from '../../kit/netns/forgery-scene.ts';
import { kernelCounter } from '../../kit/netns/kernel-counter.ts';
import { devicesHere, NOTHING } from '../../kit/netns/left-behind.ts';
import { type ForgedDatagram, OUTSIDER_ADDRESS } from '../../kit/netns/outsider.ts';
import { TestLab } from '../../kit/netns/test-lab.ts';
import { until } from '../../kit/netns/until.ts';

const LIMIT_MS = 15_000;
/** The ECN-capable mark that senders set. */
const ECT_0 = 0b10;

const lab = new TestLab(forgeryCloud(`wt-frg-${process.pid}`));
const devicesBefore = devicesHere();
let scene: ForgeryScene;

beforeAll(async () => {
  await lab.up();
  scene = await forgeryScene(lab);
});

afterAll(async () => {
  await scene?.outsider.detach();
  expect(await lab.down()).toEqual(NOTHING);
  expect(devicesHere()).toEqual(devicesBefore);
});

/** Sends everything twice: once to be decided, once to be repeated. */
async function forgeTwice(datagrams: readonly ForgedDatagram[]): Promise<void> {
  await scene.outsider.send(datagrams);
  await scene.outsider.send(datagrams);
}

async function expectRefused({ forge, reason }: RefusedCase): Promise<void> {
  const datagrams = forge(scene.good, scene.agreements);
  const count = 2 * datagrams.length;
  expect(count).toBeGreaterThan(0);
  const seen = await scene.watch.during(count, () => forgeTwice(datagrams));
  expect(seen).toEqual({ drops: { [`y: ${reason}`]: count }, delivered: {}, answers: [] });
}

describe('a datagram of a wrong sender is dropped and counted as such, and nothing answers: one', () => {
  test.each(WRONG_SENDERS)('$what', expectRefused);
});

describe("a datagram with a host's address and a wrong header is dropped for it: one", () => {
  test.each(WRONG_HEADERS)('$what', expectRefused);
});

describe("a datagram with a host's address and header and a wrong guest packet is dropped for it: one", () => {
  test.each(WRONG_GUEST_PACKETS)('$what', expectRefused);
});

describe('a datagram is refused however it is carried: one', () => {
  test.each(ODD_CARRIERS)('$what', expectRefused);
});

describe("a datagram that the host's kernel refuses reaches no counter of ours: one", () => {
  test.each([
    { what: 'with a wrong UDP checksum', odd: { checksum: 'wrong' } as const, counter: 'Udp.InCsumErrors' },
    {
      what: 'of which a fragment is missing',
      odd: { fragmentBytes: FRAGMENT_BYTES, isIncomplete: true, identification: 800 },
      counter: 'Ip.ReasmReqds',
    },
  ])('$what', async ({ odd, counter }) => {
    const seen = await scene.watch.during(0, async () => {
      const before = await kernelCounter(lab, 'y', counter);
      await forgeTwice([{ ...datagramOf(scene.good), ...odd }]);
      await until(
        `the kernel counts ${counter}`,
        LIMIT_MS,
        async () => (await kernelCounter(lab, 'y', counter)) >= before + 2,
      );
    });
    expect(seen).toEqual({ drops: {}, delivered: {}, answers: [] });
  });

  // The kernel has no counter for these; what was sent after them is awaited.
  test.each(['198.19.7.12', '127.0.0.1', '224.0.0.251', '255.255.255.255'])('from %s', async (source) => {
    const seen = await scene.watch.during(1, async () => {
      const ours = datagramOf({ ...scene.good, from: `${OUTSIDER_ADDRESS}:7790` });
      await scene.outsider.send([{ ...datagramOf(scene.good), source }, ours]);
    });
    expect(seen).toEqual({ drops: { 'y: unknown-sender': 1 }, delivered: {}, answers: [] });
  });

  test('that nobody listens for is answered by the kernel: what hears the answers is awake', async () => {
    const closed = { ...datagramOf({ ...scene.good, from: `${OUTSIDER_ADDRESS}:7790` }), destinationPort: 9 };
    const { answers, ...rest } = await scene.watch.during(0, async () => {
      const before = await kernelCounter(lab, 'y', 'Icmp.OutDestUnreachs');
      await scene.outsider.send([closed]);
      await until('the kernel answers', LIMIT_MS, async () => {
        return (await kernelCounter(lab, 'y', 'Icmp.OutDestUnreachs')) > before;
      });
    });
    expect(rest).toEqual({ drops: {}, delivered: {} });
    // Once where it leaves the host and once where it arrives.
    expect(answers).toHaveLength(2);
  });
});

/**
 * Without sealing, a datagram that is right in everything is the host's own, whoever sent it. A release that
 * authenticates hosts makes each of these a refusal.
 */
describe("a forged datagram that is right in everything is taken for the host's: one", () => {
  test.each<{ what: string; odd: Partial<ForgedDatagram>; claim?: Partial<Claim>; guest?: string }>([
    { what: 'as the host would send it', odd: {} },
    { what: 'without a UDP checksum', odd: { checksum: 'none' } },
    { what: 'at the end of its TTL', odd: { ttl: 1 } },
    { what: 'with other bits of TOS, and without DF', odd: { tos: 0xb8, dontFragment: false } },
    { what: 'marked ECN-capable outside only', odd: { tos: ECT_0 } },
    { what: 'in fragments that the kernel puts together', odd: { fragmentBytes: FRAGMENT_BYTES, identification: 900 } },
    { what: 'of the other tenant, whose addresses fit too', odd: {}, claim: { gnis: [2002, 2002] }, guest: 'b50' },
  ])('$what', async ({ odd, claim, guest = 'a50' }) => {
    const datagram = { ...datagramOf({ ...scene.good, ...claim, number: 5 }), ...odd };
    const seen = await scene.watch.during(2, () => forgeTwice([datagram]));
    expect(seen).toEqual({ drops: {}, delivered: { [guest]: [5, 5] }, answers: [] });
  });
});

test('what the counters say is what `weft drops --json` prints', async () => {
  const { out, status } = await lab.weft('drops', '--json', '--socket', lab.socket('y'));
  expect(status).toBe(0);
  const printed = JSON.parse(out) as DropsDocument;
  const counted = new Map(printed.reasons.map(({ reason, packets }) => [`y: ${reason}`, packets]));
  const drops = await scene.watch.drops();
  for (const [name, packets] of drops) if (name.startsWith('y: ')) expect(counted.get(name)).toBe(packets);
  expect(counted.get('y: unknown-sender')).toBeGreaterThan(0);
});

test('nothing else arrived or was answered, and honest traffic lost nothing', async () => {
  const { lost, sent } = await scene.stopHonest();
  expect(lost).toEqual([]);
  expect(sent).toBeGreaterThan(100);
  expect(await scene.watch.stop()).toEqual({ delivered: {}, answers: [] });
});
