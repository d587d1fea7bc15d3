import { expect, test } from 'vitest';
import { addMapperMetrics } from '../../../../src/mapper/metrics/mapper-metrics.ts';
import { mapperLatencies } from '../../../../src/mapper/metrics/mapper-latencies.ts';
import { MetricsRegistry } from '../../../../src/metrics/registry.ts';
import { type ExposedMetric, parseExposition } from '../../../kit/exposition.ts';
import { TestCloud } from '../test-cloud.ts';

const FACE = { listen: { address: 0, port: 7791 }, counters: { unanswerable: 3, unsent: 4 } };
const SILENCE_MS = 10_000;

/** By the values of the labels, joined. */
function values(metrics: ReadonlyMap<string, ExposedMetric>, name: string): Record<string, number> {
  const samples = metrics.get(`netweft_mapper_${name}`)?.samples ?? [];
  return Object.fromEntries(samples.map(({ labels, value }) => [Object.values(labels).join(' '), value]));
}

function open(cloud: TestCloud) {
  const registry = new MetricsRegistry();
  addMapperMetrics(registry, cloud.mapper, FACE, cloud.journal);
  return { registry, read: async () => parseExposition(await registry.text()) };
}

test('the metrics of a mapping daemon are those of its cloud and its counters', async () => {
  const cloud = await TestCloud.open();
  const { x } = await cloud.started();
  await x.mapping(1001, '10.1.2.50');
  await cloud.clock.pass(10);
  cloud.mapper.receive(x.endpoint, new Uint8Array([1, 2, 3]));
  const metrics = await open(cloud).read();
  expect(values(metrics, 'records')).toEqual({ tenant: 2, network: 2, subnet: 2, host: 3, guest: 6, port: 6 });
  expect(values(metrics, 'hosts')).toEqual({ up: 3, silent: 0, absent: 0 });
  expect(values(metrics, 'sessions')).toEqual({ '': 3 });
  expect(values(metrics, 'sessions_ended_total')).toEqual({
    silent: 0,
    overflowed: 0,
    replaced: 0,
    'host-gone': 0,
    stopped: 0,
  });
  expect(values(metrics, 'requests_total')).toMatchObject({ register: 3, sync: 3, lookup: 1, report: 6 });
  expect(values(metrics, 'lookups_total')).toEqual({ '': 1 });
  expect(values(metrics, 'agreements')).toEqual({ '': 2 });
  expect(values(metrics, 'agreement_changes_total')).toMatchObject({ made: 2, activated: 2, removed: 0, failed: 0 });
  expect(values(metrics, 'subscriptions')).toEqual({ '': 1 });
  expect(values(metrics, 'pending_pushes')).toEqual({ '': 0 });
  expect(values(metrics, 'bad_datagrams_total')).toEqual({
    undecodable: 1,
    unexpected: 0,
    'unknown-session': 0,
    unanswerable: 3,
  });
  expect(values(metrics, 'unsent_datagrams_total')).toEqual({ '': 4 });
  expect(values(metrics, 'store_revision')).toEqual({ '': cloud.mapper.state.revision });
  expect(values(metrics, 'store_transactions_total')['']).toBeGreaterThan(0);
});

test('hosts that fell silent, and what they were not told, are seen', async () => {
  const cloud = await TestCloud.open();
  await cloud.started();
  await cloud.clock.pass(SILENCE_MS);
  await cloud.agent('x', '198.18.0.11').start();
  const metrics = await open(cloud).read();
  expect(values(metrics, 'hosts')).toEqual({ up: 1, silent: 2, absent: 0 });
  expect(values(metrics, 'sessions_ended_total')).toMatchObject({ silent: 3 });
  expect(values(metrics, 'sessions_opened_total')).toEqual({ '': 4 });
});

test('its latencies are histograms', async () => {
  const registry = new MetricsRegistry();
  const latencies = mapperLatencies(registry);
  latencies.converged(0.2);
  latencies.push(0.1);
  latencies.transaction(0.002);
  const metrics = parseExposition(await registry.text());
  for (const name of ['convergence_seconds', 'push_seconds', 'store_transaction_seconds']) {
    const samples = metrics.get(`netweft_mapper_${name}`)?.samples;
    expect(samples?.find((sample) => sample.name.endsWith('_count'))?.value, name).toBe(1);
  }
});
