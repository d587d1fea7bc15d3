/** Tracing flows of a real cloud: what both hosts of a packet say of it. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { AgentStatusDocument } from '../../../src/admin/documents.ts';
import type { StreamDocument } from '../../../src/admin/stream-documents.ts';
import type { TraceDocument } from '../../../src/admin/trace-documents.ts';
import { NOTHING } from '../../kit/netns/left-behind.ts';
import { answerProbes, Probe } from '../../kit/netns/probe.ts';
import { DEVICE, twoTenants } from '../../kit/netns/test-cloud.ts';
import { TestLab } from '../../kit/netns/test-lab.ts';
import { until } from '../../kit/netns/until.ts';
import { WeftProcess } from '../../kit/netns/weft-process.ts';

const LIMIT_MS = 20_000;
const GUEST_STAGES = 'parse source-check unicast subnet mtu local-delivery mapping agreement encapsulate';
const UNDERLAY_STAGES = 'context parse destination mapping-check ecn deliver';

const lab = new TestLab(twoTenants(`wt-tra-${process.pid}`));
const hostX = lab.hostNamespace('x');

beforeAll(() => lab.up());

afterAll(async () => {
  expect(await lab.down()).toEqual(NOTHING);
});

async function ping(guest: string, destination: string, count: number, ...words: string[]): Promise<void> {
  const all = ['ping', '-c', String(count), '-i', '0.2', '-W', '1', ...words, destination];
  await lab.weft('lab', 'exec', '--lab', lab.cloud.name, guest, '--', ...all);
}

function statusOf(host: string): Promise<AgentStatusDocument> {
  return lab.read<AgentStatusDocument>(host, 'netweft.agent-status/v1', '/v1/status');
}

/** A trace that has begun. */
async function trace(...words: string[]): Promise<WeftProcess> {
  const begun = new WeftProcess(lab, hostX, 'trace', '--json', ...words);
  await begun.lines(1);
  return begun;
}

function documents(traced: WeftProcess): StreamDocument[] {
  return traced.out
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as StreamDocument);
}

function packets(traced: WeftProcess): TraceDocument[] {
  return documents(traced).filter((document) => document.schema === 'netweft.trace/v1');
}

const stagesOf = ({ stages }: TraceDocument['sightings'][number]) => stages.map(({ stage }) => stage).join(' ');
const details = (packet: TraceDocument) =>
  packet.sightings.flatMap(({ stages }) => stages.map(({ detail }) => detail)).join('\n');

describe('weft trace', () => {
  test('of the first packets of a flow: held until the mapping is there, then seen on both hosts in all stages', async () => {
    const traced = await trace('--port', 'a30', '--to', '10.1.2.50', '--count', '3');
    await ping('a30', '10.1.2.50', 3);
    expect(await traced.end()).toBe(0);
    const seen = packets(traced);
    expect(seen.map(({ packet, result }) => [packet, result])).toEqual([
      [1, 'delivered'],
      [2, 'delivered'],
      [3, 'delivered'],
    ]);
    for (const { sightings, description } of seen) {
      expect(description).toMatch(/^ICMP 10\.1\.2\.30 > 10\.1\.2\.50 echo request id \d+ ttl 64 length 84$/);
      expect(sightings).toMatchObject([
        { host: 'x', verdict: 'send', to: 'y', record: { name: 'mapping 1001/10.1.2.50' } },
        { host: 'y', verdict: 'deliver', to: 'a50', record: { name: 'port a50' } },
      ]);
      expect(sightings.map(stagesOf)).toEqual([GUEST_STAGES, UNDERLAY_STAGES]);
    }
    expect(documents(traced).at(-1)).toMatchObject({ schema: 'netweft.trace-end/v1', why: 'count', seen: 3 });
  });

  test("never shows another tenant's packets, which have the same addresses on the same hosts", async () => {
    const traced = await trace('--port', 'a30', '--to', '10.1.2.50', '--count', '4');
    await ping('a30', '10.1.2.50', 2);
    await Promise.all([ping('b30', '10.1.2.50', 10), ping('b50', '10.1.2.30', 3)]);
    await ping('a30', '10.1.2.50', 2);
    expect(await traced.end()).toBe(0);
    const seen = packets(traced);
    expect(seen.map(({ sightings }) => sightings.map(({ seen: number }) => number))).toEqual([
      [1, 1],
      [2, 2],
      [3, 3],
      [4, 4],
    ]);
    for (const packet of seen) {
      expect(details(packet)).toContain('port a30 of GNI 1001');
      expect(details(packet)).toContain('into port a50');
      expect(details(packet)).not.toMatch(/2002|b[35]0/);
    }
  });

  test('shows the stage that drops a packet of a spoofed source', async () => {
    const spoofed = '10.1.2.99';
    await lab.ip(lab.port('a30').namespace, 'address', 'add', `${spoofed}/32`, 'dev', DEVICE);
    const traced = await trace('--port', 'a30', '--from', spoofed, '--to', '10.1.2.50', '--count', '1');
    await ping('a30', '10.1.2.50', 1, '-I', spoofed);
    expect(await traced.end()).toBe(1);
    expect(packets(traced)).toMatchObject([
      { result: 'dropped', sightings: [{ host: 'x', verdict: 'drop', reason: 'spoofed-source' }] },
    ]);
    expect(packets(traced)[0]?.sightings[0]?.stages.at(-1)).toMatchObject({ stage: 'source-check', verdict: 'drop' });
  });

  test('to an address that nobody has: the packet waits for the answer, and is dropped', async () => {
    const traced = await trace('--port', 'a30', '--to', '10.1.2.98', '--count', '1');
    await ping('a30', '10.1.2.98', 1);
    expect(await traced.end()).toBe(1);
    expect(packets(traced)).toMatchObject([
      { sightings: [{ verdict: 'drop', reason: 'no-such-guest', record: { name: 'mapping 1001/10.1.2.98' } }] },
    ]);
  });

  test('of a flow that is too fast for every packet shows the same ones on both hosts', async () => {
    await answerProbes(lab, 'a50');
    const probe = new Probe(lab, 'a30', 'a50', 3000);
    await probe.untilAnswered(LIMIT_MS);
    const traced = await trace('--port', 'a30', '--to', '10.1.2.50', '--protocol', 'udp', '--count', '60');
    const status = await traced.end();
    await probe.stop();
    expect(packets(traced).filter(({ result }) => result !== 'delivered')).toEqual([]);
    expect(packets(traced)).toHaveLength(60);
    expect(status).toBe(0);
    const end = documents(traced).at(-1);
    expect(end?.schema === 'netweft.trace-end/v1' && end.seen).toBeGreaterThan(120);
  });

  test('names the host that stops seeing packets, and goes on when its agent is back', async () => {
    const traced = await trace('--port', 'b30', '--to', '10.1.2.70', '--count', '1000', '--for', '2m');
    await ping('b30', '10.1.2.70', 1);
    process.kill(lab.pid('z'), 'SIGKILL');
    const missing = () => packets(traced).flatMap((packet) => packet.missing ?? []);
    await until('a packet is missing', LIMIT_MS, async () => {
      await ping('b30', '10.1.2.70', 1);
      return missing().length > 0;
    });
    expect(missing()[0]).toEqual({ host: 'z', why: 'untold' });
    await until('the host is silent', LIMIT_MS, async () => {
      await ping('b30', '10.1.2.70', 1);
      return missing().some(({ why }) => why === 'silent');
    });
    expect((await lab.weft('lab', 'start', 'z', '--lab', lab.cloud.name)).status).toBe(0);
    const before = packets(traced).length;
    await until('a packet is seen on both hosts again', LIMIT_MS, async () => {
      await ping('b30', '10.1.2.70', 1);
      return packets(traced)
        .slice(before)
        .some(({ result }) => result === 'delivered');
    });
    expect(await traced.end('SIGINT'), 'unknown is not lost').toBe(4);
  });

  test('outlives no agent: a mapping daemon that is killed meanwhile and starts again finds them as they were', async () => {
    const hosts = ['x', 'y'];
    const pids = hosts.map((host) => lab.pid(host));
    const sessions = () => Promise.all(hosts.map((host) => statusOf(host).then(({ mapper }) => mapper)));
    const before = await sessions();
    const probe = new Probe(lab, 'a30', 'a50', 1000);
    await probe.untilAnswered(LIMIT_MS);
    const traced = await trace(
      '--port',
      'a30',
      '--to',
      '10.1.2.50',
      '--protocol',
      'udp',
      '--count',
      '1000',
      '--for',
      '2m',
    );
    await until('packets are traced', LIMIT_MS, async () => packets(traced).length > 5);
    process.kill(lab.pid('mapper'), 'SIGKILL');
    expect(await traced.end()).toBe(1);
    await until('the agent has waited for a while', LIMIT_MS, async () => {
      return ((await statusOf('x')).mapper.lastHeardMs ?? 0) > 1_000;
    });
    expect((await lab.weft('lab', 'start', 'mapper', '--lab', lab.cloud.name)).status).toBe(0);
    await until('both agents are registered anew', LIMIT_MS, async () => {
      const now = await sessions();
      return now.every(({ state, session }, at) => state === 'registered' && session !== before[at]?.session);
    });
    expect(hosts.map((host) => lab.pid(host))).toEqual(pids);
    for (const pid of pids) expect(() => process.kill(pid, 0)).not.toThrow();
    await probe.untilAnswered(LIMIT_MS);
    await probe.stop();
  });

  test('ends with its time, and says that nothing was seen', async () => {
    const { status, out } = await lab.weft('trace', '--port', 'a30', '--to', '10.1.2.70', '--for', '1s');
    expect(status).toBe(4);
    expect(out).toMatch(/^tracing 10\.1\.2\.30 > 10\.1\.2\.70, GNI 1001, from port a30 on host x, to host z: /);
    expect(out).toContain('no packet of this flow was seen\n');
  });

  test.each([
    [['--port', 'a99', '--to', '10.1.2.50'], 5, 'a99'],
    [['--port', 'a30', '--to', '10.9.9.9'], 1, '10.9.9.9 is in no subnet of network a-net; it has 10.1.2.0/24'],
  ])('%j is refused', async (words, status, what) => {
    const ran = await lab.weft('trace', ...words);
    expect(ran).toMatchObject({ status, out: '' });
    expect(ran.err).toContain(what);
  });
});
