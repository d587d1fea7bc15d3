import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type {
  AgentStatusDocument,
  AgreementsDocument,
  DropsDocument,
  MapperStatusDocument,
} from '../../../src/admin/documents.ts';
import { parseEndpoint } from '../../../src/base/ipv4.ts';
import { DEFAULT_CONTROL_PORT, DEFAULT_UNDERLAY_PORT } from '../../../src/model/records.ts';
import { buildUdp } from '../../../src/packet/build.ts';
import { DATA_CASES, goodDatagram, nearRegistrations } from '../../kit/netns/bad-datagrams.ts';
import { devicesHere, NOTHING } from '../../kit/netns/left-behind.ts';
import type { LineProcess } from '../../kit/netns/line-process.ts';
import { DEVICE, twoTenants } from '../../kit/netns/test-cloud.ts';
import { TestLab } from '../../kit/netns/test-lab.ts';
import { until } from '../../kit/netns/until.ts';

const LIMIT_MS = 15_000;
/** Fewer than the upcalls that all strangers have together. */
const BATCH = 64;
/** In the hosts' own network, so that they could answer. */
const STRANGER = '198.19.7.9:7790';

const cloud = twoTenants(`wt-dgm-${process.pid}`);
const lab = new TestLab(cloud);
const devicesBefore = devicesHere();
const target = cloud.hosts['y'] ?? '';
const peer = `${cloud.hosts['z']}:${DEFAULT_UNDERLAY_PORT}`;
/** Where datagrams are forged: another machine on the underlay. */
const elsewhere = lab.hostNamespace('bridge');
let sender: LineProcess;

beforeAll(async () => {
  await lab.up();
  await lab.ip(elsewhere, 'address', 'add', '198.19.7.9/24', 'dev', 'bridge');
  sender = lab.start(elsewhere, 'forge.mjs');
  await works();
});

afterAll(async () => {
  expect(await lab.down()).toEqual(NOTHING);
  expect(devicesHere()).toEqual(devicesBefore);
});

/** Everything the cloud is for goes on: known flows, and look-ups of what nobody asked for. */
async function works(): Promise<void> {
  for (const [from, address] of [
    ['a70', '10.1.2.50'],
    ['b50', '10.1.2.70'],
  ] as const) {
    const ping = ['ping', '-c', '1', '-W', '5', address];
    expect(await lab.weft('lab', 'exec', '--lab', cloud.name, from, '--', ...ping)).toMatchObject({ status: 0 });
  }
}

/** Sends payloads as UDP datagrams that claim to come from `from`. */
async function send(from: string, to: string, payloads: readonly Uint8Array[]): Promise<void> {
  const source = endpoint(from);
  const destination = endpoint(to);
  const packets = payloads.map((payload) => {
    const bytes = buildUdp({
      source: source.address,
      sourcePort: source.port,
      destination: destination.address,
      destinationPort: destination.port,
      identification: 1,
      payload,
    });
    return [to.split(':')[0], Buffer.from(bytes).toString('hex')];
  });
  expect(await sender.ask(packets)).toEqual({ sent: payloads.length, errors: [] });
}

function endpoint(text: string): { address: number; port: number } {
  const parsed = parseEndpoint(text, 0);
  if (parsed === undefined) throw new Error(`no endpoint: ${text}`);
  return parsed;
}

async function drops(): Promise<Map<string, number>> {
  const { reasons } = await lab.read<DropsDocument>('y', 'netweft.drops/v1', '/v1/drops');
  return new Map(reasons.filter(({ reason }) => reason !== 'not-ipv4').map(({ reason, packets }) => [reason, packets]));
}

function total(counts: ReadonlyMap<string, number>): number {
  return [...counts.values()].reduce((sum, count) => sum + count, 0);
}

describe('datagrams to the data port', () => {
  test.each(DATA_CASES)(
    '$what are dropped and counted, and nothing is answered',
    async ({ from, payloads, reasons }) => {
      const { agreements } = await lab.read<AgreementsDocument>('mapper', 'netweft.agreements/v1', '/v1/agreements');
      const agreement = agreements.find(({ sender: host, receiver }) => host === 'z' && receiver === 'y');
      if (agreement === undefined) throw new Error('z and y agreed on nothing');
      const bad = payloads(goodDatagram(agreement), agreement);
      const filter = `src host ${target} and (udp or icmp)`;
      const answers = { namespace: elsewhere, device: 'bridge', direction: 'in' as const, filter };
      const heard = await lab.capture({ ...answers, filter: `${filter} and not udp port ${DEFAULT_CONTROL_PORT}` });
      const { namespace } = lab.port('a50');
      const delivered = await lab.capture({ ...answers, namespace, device: DEVICE, filter: 'ip' });

      const before = await drops();
      for (let start = 0; start < bad.length; start += BATCH) {
        const batch = bad.slice(start, start + BATCH);
        const counted = total(await drops());
        await send(from === 'peer' ? peer : STRANGER, `${target}:${DEFAULT_UNDERLAY_PORT}`, batch);
        await until('all are counted', LIMIT_MS, async () => total(await drops()) >= counted + batch.length);
      }
      const after = await drops();
      expect(total(after) - total(before)).toBe(bad.length);
      const why = [...after].filter(([reason, count]) => count > (before.get(reason) ?? 0)).map(([reason]) => reason);
      expect(why.toSorted()).toEqual(reasons);

      await works();
      await Promise.all([heard.stop(), delivered.stop()]);
      // What works is heard and delivered too: the echo request to a50, its answer, and the request of b50.
      expect(delivered.packets).toHaveLength(1);
      expect(heard.packets).toHaveLength(2);
    },
  );
});

interface Sessions {
  readonly endpoints: readonly string[];
  readonly sessions: readonly number[];
}

async function sessions(): Promise<Sessions> {
  const status = await lab.read<MapperStatusDocument>('mapper', 'netweft.mapper-status/v1', '/v1/status');
  const agents = await Promise.all(
    Object.keys(cloud.hosts).map((host) =>
      lab.read<AgentStatusDocument>(host, 'netweft.agent-status/v1', '/v1/status'),
    ),
  );
  const hosts = status.hosts as unknown as readonly { endpoint: string; state: string }[];
  expect(hosts.map(({ state }) => state)).toEqual(['up', 'up', 'up']);
  return { endpoints: hosts.map((host) => host.endpoint), sessions: agents.map(({ mapper }) => mapper.session) };
}

async function undecodable(): Promise<number> {
  const status = await lab.read<MapperStatusDocument>('mapper', 'netweft.mapper-status/v1', '/v1/status');
  return (status as unknown as { counters: { undecodable: number } }).counters.undecodable;
}

describe('datagrams to the control ports', () => {
  const bad = nearRegistrations();
  const mapper = `${cloud.mapper}:${DEFAULT_CONTROL_PORT}`;

  test('of the mapping daemon that are no messages are counted, not answered, and end no session', async () => {
    expect(bad.length).toBeGreaterThan(50);
    const before = await sessions();
    const counted = await undecodable();
    const filter = `dst host ${STRANGER.split(':')[0]} and (udp or icmp)`;
    const heard = await lab.capture({ namespace: elsewhere, device: 'bridge', direction: 'in', filter });
    await send(STRANGER, mapper, bad);
    await until('all are counted', LIMIT_MS, async () => (await undecodable()) - counted >= bad.length);
    expect((await undecodable()) - counted).toBe(bad.length);
    await works();
    await heard.stop();
    expect(heard.packets).toEqual([]);
    expect(await sessions()).toEqual(before);
  });

  test('of an agent that are no messages, or not of its mapping daemon, change nothing', async () => {
    const before = await sessions();
    for (const agent of before.endpoints) {
      await send(mapper, agent, bad);
      await send(STRANGER, agent, bad);
    }
    await works();
    expect(await sessions()).toEqual(before);
  });
});
