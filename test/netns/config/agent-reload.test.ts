/** An agent changes the frameworks that it offers while its guests talk. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { AgentStatusDocument, AgreementsDocument, FlowsDocument } from '../../../src/admin/documents.ts';
import { NOTHING } from '../../kit/netns/left-behind.ts';
import { LoggedDaemon } from '../../kit/netns/logged-daemon.ts';
import { answerProbes, lostNumbers, Probe } from '../../kit/netns/probe.ts';
import { twoTenants } from '../../kit/netns/test-cloud.ts';
import { TestLab } from '../../kit/netns/test-lab.ts';
import { until } from '../../kit/netns/until.ts';

const LIMIT_MS = 20_000;
const RATE = 200;

const cloud = twoTenants(`wt-cfg-${process.pid}`);
const lab = new TestLab(cloud);
let agent: LoggedDaemon | undefined;

/** Instead of the lab's, with a file of its own. */
beforeAll(async () => {
  await lab.up();
  await Promise.all(cloud.ports.map(({ name }) => answerProbes(lab, name)));
  expect(await lab.weft('lab', 'stop', 'x', '--lab', cloud.name)).toMatchObject({ status: 0 });
  const file = write('udp/2.0', 200);
  agent = new LoggedDaemon(['agent', '--config', file], lab.environment, lab.hostNamespace('x'));
  await agent.said('registered');
});

afterAll(async () => {
  expect(await agent?.end()).toBe(0);
  expect(await lab.down()).toEqual(NOTHING);
});

function write(framework: string, burst: number, ...more: string[]): string {
  return lab.write(
    'agent.yaml',
    [
      'host: x',
      `underlay: ${cloud.hosts['x']}`,
      `mapper: ${cloud.mapper}`,
      `socket: ${lab.socket('x')}`,
      'log: {format: json}',
      `frameworks: [${framework}]`,
      `limits: {flows: 1024, flowsPerPort: 256, lookups: {burst: ${burst}}}`,
      ...more,
    ].join('\n'),
  );
}

/** The frameworks of x's agreements with y, older ones that still drain included. */
async function agreed(): Promise<string[]> {
  const { agreements } = await lab.read<AgreementsDocument>('mapper', 'netweft.agreements/v1', '/v1/agreements');
  const hosts = (entry: AgreementsDocument['agreements'][number]) => [entry.sender, entry.receiver].toSorted().join();
  return [
    ...new Set(agreements.filter((entry) => hosts(entry) === 'x,y').map(({ framework }) => framework)),
  ].toSorted();
}

/** What x sends to y in. */
async function sentIn(): Promise<string[]> {
  const { flows } = await lab.read<FlowsDocument>('x', 'netweft.flows/v1', '/v1/flows?limit=100');
  const sent = flows.filter(({ outcome, to, idleMs }) => outcome === 'send' && to === 'y' && idleMs < 500);
  return [...new Set(sent.flatMap(({ framework }) => framework ?? []))];
}

test('no packet is lost while agreements are made anew and the old ones drain, nor by a refused reload', async () => {
  const there = new Probe(lab, 'a30', 'a50', RATE);
  const back = new Probe(lab, 'b50', 'b30', RATE);
  const firsts: number[] = [];
  for (const probe of [there, back]) {
    await probe.untilAnswered(LIMIT_MS);
    firsts.push(probe.sent);
  }
  expect(await agreed()).toEqual(['udp/2.0']);

  write('udp/1.0', 500);
  agent?.signal('SIGHUP');
  expect(await agent?.said('reloaded')).toMatchObject({ changed: ['frameworks', 'limits.lookups.burst'] });
  await agent?.said('registered');
  await until('x sends in udp/1.0', LIMIT_MS, async () => String(await sentIn()) === 'udp/1.0');

  write('udp/2.0', 500, 'metrics: 127.0.0.1:9790');
  agent?.signal('SIGHUP');
  expect(await agent?.said('reload-refused')).toMatchObject({
    error: expect.stringMatching(/^\S+:8:1: "metrics" would change from nothing to 127\.0\.0\.1:9790, which a running/),
  });
  await until('the agreements of before are gone', LIMIT_MS, async () => String(await agreed()) === 'udp/1.0');

  const probes = await Promise.all([there, back].map((probe) => probe.stop()));
  expect(probes.map((probed, index) => lostNumbers(probed, firsts[index] ?? 0))).toEqual([[], []]);
  const status = await lab.read<AgentStatusDocument>('x', 'netweft.agent-status/v1', '/v1/status');
  expect(status).toMatchObject({ frameworks: ['udp/1.0'], fastPath: { capacity: 1024 } });
});
