import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { PortsDocument } from '../../../src/admin/documents.ts';
import type { EventDocument } from '../../../src/admin/event-documents.ts';
import { type ExposedMetric, parseExposition } from '../../kit/exposition.ts';
import { expectListed } from '../../kit/listed-events.ts';
import { devicesHere, NOTHING } from '../../kit/netns/left-behind.ts';
import { DEVICE, twoTenants } from '../../kit/netns/test-cloud.ts';
import { TestLab } from '../../kit/netns/test-lab.ts';
import { until } from '../../kit/netns/until.ts';
import { WeftProcess } from '../../kit/netns/weft-process.ts';

const LIMIT_MS = 15_000;
const METRICS_PORT = 9790;

const cloud = twoTenants(`wt-obs-${process.pid}`);
const lab = new TestLab(cloud);
const devicesBefore = devicesHere();
const guest = lab.port('a30');
const running: WeftProcess[] = [];
let agent: WeftProcess;
let mapperMetrics = '';

/** The daemon of the lab again, as it was started, and serving metrics. */
async function restart(name: string, metrics: string): Promise<WeftProcess> {
  const words = readFileSync(`/proc/${lab.pid(name)}/cmdline`, 'utf8')
    .split('\0')
    .slice(0, -1);
  const stopped = await lab.weft('lab', 'stop', name, '--lab', cloud.name);
  if (stopped.status !== 0) throw new Error(stopped.err);
  const program = words.findIndex((word) => word === 'agent' || word === 'mapper');
  const started = new WeftProcess(lab, lab.hostNamespace(name), ...words.slice(program), '--metrics', metrics);
  running.push(started);
  return started;
}

beforeAll(async () => {
  await lab.up();
  mapperMetrics = `${lab.folder}/mapper-metrics.sock`;
  await restart('mapper', `unix:${mapperMetrics}`);
  agent = await restart(guest.host, `127.0.0.1:${METRICS_PORT}`);
  await until('a guest of the other host answers', LIMIT_MS, async () => (await ping()) === 0);
});

afterAll(async () => {
  for (const one of running) await one.end('SIGTERM');
  expect(await lab.down()).toEqual(NOTHING);
  expect(devicesHere()).toEqual(devicesBefore);
});

async function ping(): Promise<number | null> {
  const words = ['ping', '-c', '1', '-W', '1', '10.1.2.50'];
  return (await lab.weft('lab', 'exec', guest.name, '--lab', cloud.name, '--', ...words)).status;
}

/** As anyone does it, from where the daemon is. */
async function scrape(...words: string[]): Promise<ReadonlyMap<string, ExposedMetric>> {
  const { status, out, err } = await lab.run(words[0] ?? '', ...words.slice(1));
  expect({ status, err }).toEqual({ status: 0, err: '' });
  return parseExposition(out);
}

function ofAgent(): Promise<ReadonlyMap<string, ExposedMetric>> {
  const inside = ['nsenter', `--net=/run/netns/${lab.hostNamespace(guest.host)}`];
  return scrape(...inside, 'curl', '-sS', '--fail', `http://127.0.0.1:${METRICS_PORT}/metrics`);
}

function ofMapper(): Promise<ReadonlyMap<string, ExposedMetric>> {
  return scrape('curl', '-sS', '--fail', '--unix-socket', mapperMetrics, 'http://localhost/metrics');
}

function value(metrics: ReadonlyMap<string, ExposedMetric>, name: string, labels: object = {}): number | undefined {
  const samples = metrics.get(name.replace(/_(bucket|sum|count)$/, ''))?.samples ?? metrics.get(name)?.samples;
  return samples?.find((sample) => {
    return sample.name === name && Object.entries(labels).every(([label, wanted]) => sample.labels[label] === wanted);
  })?.value;
}

describe('metrics', () => {
  test('of an agent, on a loopback port of its namespace: what its other faces say', async () => {
    expect(await ping()).toBe(0);
    const metrics = await ofAgent();
    const { ports } = await lab.read<PortsDocument>(guest.host, 'netweft.ports/v1', '/v1/ports');
    const counters = ports.find(({ name }) => name === guest.name)?.counters;
    expect(counters?.['packetsIn']).toBeGreaterThan(0);
    const packets = 'netweft_agent_port_packets_total';
    expect(value(metrics, packets, { port: guest.name, direction: 'in' })).toBe(counters?.['packetsIn']);
    expect(value(metrics, packets, { port: guest.name, direction: 'out' })).toBe(counters?.['packetsOut']);
    expect(value(metrics, 'netweft_agent_ports', { state: 'up' })).toBe(ports.length);
    expect(value(metrics, 'netweft_agent_registered')).toBe(1);
    expect(value(metrics, 'netweft_agent_underlay_packets_total', { direction: 'out' })).toBeGreaterThan(0);
    expect(value(metrics, 'netweft_agent_control_request_seconds_count', { request: 'lookup' })).toBeGreaterThan(0);
    expect(value(metrics, 'process_open_fds')).toBeGreaterThan(0);
  });

  test('of the mapping daemon, on a Unix socket', async () => {
    const metrics = await until('all hosts are back', LIMIT_MS, async () => {
      const now = await ofMapper();
      return value(now, 'netweft_mapper_hosts', { state: 'up' }) === 3 ? now : undefined;
    });
    expect(value(metrics, 'netweft_mapper_records', { kind: 'port' })).toBe(cloud.ports.length);
    expect(value(metrics, 'netweft_mapper_requests_total', { request: 'register' })).toBeGreaterThanOrEqual(3);
    expect(value(metrics, 'netweft_mapper_store_transaction_seconds_count')).toBeGreaterThan(0);
  });

  test('a change is measured until everyone has it', async () => {
    const converged = async () => value(await ofMapper(), 'netweft_mapper_convergence_seconds_count') ?? 0;
    const before = await converged();
    const network = { cloud: 'netweft/v1', networks: [{ name: 'a-net', tenant: 'a', mtu: 1300 }] };
    const file = lab.write('change.yaml', JSON.stringify(network));
    expect((await lab.weft('apply', '-f', file)).status).toBe(0);
    await until('every host has the change', LIMIT_MS, async () => {
      const metrics = await ofMapper();
      return (await converged()) > before && value(metrics, 'netweft_mapper_changes_under_way') === 0;
    });
  });
});

describe('events', () => {
  const parse = (lines: readonly string[]) => lines.map((line) => JSON.parse(line) as EventDocument);

  test('a follower sees a port lost and made anew, and the daemon stop', async () => {
    const socket = lab.socket(guest.host);
    const follower = new WeftProcess(
      lab,
      lab.hostNamespace(guest.host),
      'events',
      '--follow',
      '--last',
      '1',
      '--json',
      '--socket',
      socket,
    );
    running.push(follower);
    const [first] = parse(await follower.lines(1));
    await lab.ip(guest.namespace, 'link', 'delete', DEVICE);
    await until('the port is up again', LIMIT_MS, () => {
      return follower.out.includes('"port-lost"') && follower.out.includes('"port-up"');
    });
    expect(await agent.end('SIGTERM')).toBe(0);
    // The daemon ended the stream, not its reader.
    expect(await follower.end()).toBe(1);
    const events = parse(follower.out.trimEnd().split('\n'));
    expectListed(events);
    const from = first?.sequence ?? 0;
    expect(events.map(({ sequence }) => sequence)).toEqual(events.map((_, index) => from + index));
    const port = { daemon: 'agent', host: guest.host, port: guest.name, device: DEVICE };
    expect(events).toContainEqual(expect.objectContaining({ ...port, event: 'port-lost', cause: 'deleted' }));
    expect(events.findLast(({ event }) => event === 'port-up')).toMatchObject(port);
    expect(events.at(-1)).toMatchObject({ event: 'stopping', signal: 'SIGTERM' });
    // The log has the same events under the same names.
    for (const { event } of events.filter(({ event: name }) => name.startsWith('port-'))) {
      expect(agent.out).toMatch(new RegExp(` ${event} port=${guest.name} device=${DEVICE} `));
    }
  });

  test('the mapping daemon tells which host is gone', async () => {
    await until('the host is silent', LIMIT_MS, async () => {
      const { out } = await lab.weft('events', '--json');
      return parse(out.trimEnd().split('\n')).some(({ event, host }) => event === 'host-silent' && host === guest.host);
    });
    const { out } = await lab.weft('events');
    expect(out).toMatch(new RegExp(`host-silent +host=${guest.host} `));
  });
});
