import { expect, it } from 'vitest';
import { addAgentMetrics } from '../../../../src/agent/metrics/agent-metrics.ts';
import { MAX_PORT_SERIES } from '../../../../src/agent/metrics/port-series.ts';
import { requestLatency } from '../../../../src/agent/metrics/request-latency.ts';
import { MetricsRegistry } from '../../../../src/metrics/registry.ts';
import { DROP_REASON_NAMES } from '../../../../src/pipeline/drop-reasons.ts';
import { openAgent, openReadyAgent, portItem, udpPacket } from '../../../kit/agent-bench.ts';
import { address, GNI_A, mappingItem } from '../../../kit/cloud-of-one.ts';
import { type ExposedMetric, parseExposition } from '../../../kit/exposition.ts';

/** Series of an agent with as many ports as there may be, but for histograms and a constant number of others. */
const MOST_SERIES = 2_000;

async function open(opener: typeof openAgent | typeof openReadyAgent = openReadyAgent) {
  const registry = new MetricsRegistry();
  const opened = await opener({ observeRequest: requestLatency(registry) });
  addAgentMetrics(registry, opened.agent, opened.journal);
  const read = async () => parseExposition(await registry.text());
  return { ...opened, read };
}

/** By the values of the labels, joined. */
function values(metrics: ReadonlyMap<string, ExposedMetric>, name: string): Record<string, number> {
  const samples = metrics.get(`netweft_agent_${name}`)?.samples ?? [];
  return Object.fromEntries(samples.map(({ labels, value }) => [Object.values(labels).join(' '), value]));
}

it('the metrics of an agent are those of its counters', async () => {
  const { read, guestSends, mappings, clock } = await open();
  mappings.push(mappingItem(GNI_A, '10.1.2.50', 'y', 8), mappingItem(GNI_A, '10.1.2.98', undefined, 8));
  await guestSends(udpPacket('10.1.2.30', '10.1.2.50'));
  await guestSends(udpPacket('10.1.2.30', '10.1.2.50'));
  await guestSends(udpPacket('10.1.2.30', '10.1.2.98'));
  await guestSends(udpPacket('10.9.9.9', '10.1.2.50'));
  await clock.run(2000);
  const metrics = await read();
  const drops = values(metrics, 'drops_total');
  expect(Object.keys(drops)).toEqual([...DROP_REASON_NAMES]);
  expect(Object.entries(drops).filter(([, packets]) => packets > 0)).toEqual([
    ['spoofed-source', 1],
    ['no-such-guest', 1],
  ]);
  expect(values(metrics, 'ports')).toEqual({ opening: 0, up: 1, lost: 0, failed: 0 });
  expect(values(metrics, 'port_packets_total')).toEqual({ 'a30 in': 4, 'a30 out': 0 });
  expect(values(metrics, 'port_bytes_total')).toEqual({ 'a30 in': 128, 'a30 out': 0 });
  expect(values(metrics, 'port_drops_total')).toEqual({ a30: 2 });
  expect(values(metrics, 'flows')).toEqual({ '': 3 });
  expect(values(metrics, 'flow_capacity')).toEqual({ '': 64 });
  expect(values(metrics, 'lookups_asked_total')).toEqual({ '': 2 });
  expect(values(metrics, 'lookups_answered_total')).toEqual({ '': 2 });
  expect(values(metrics, 'mappings')).toEqual({ '': 2 });
  expect(values(metrics, 'agreements')).toEqual({ '': 4 });
  expect(values(metrics, 'peers')).toEqual({ '': 2 });
  expect(values(metrics, 'registered')).toEqual({ '': 1 });
  expect(values(metrics, 'registrations_total')).toEqual({ '': 1 });
  expect(values(metrics, 'io_drops_total')).toMatchObject({ 'out-ring-full': 0, 'socket-overflow': 0 });
  expect(values(metrics, 'events_total')['']).toBeGreaterThan(5);
});

it('each kind of request to the mapping daemon is timed, by the clock of the agent', async () => {
  const { read, clock } = await open();
  await clock.run(2500);
  const samples = (await read()).get('netweft_agent_control_request_seconds')?.samples ?? [];
  const of = (name: string) =>
    Object.fromEntries(
      samples.filter((sample) => sample.name.endsWith(name)).map(({ labels, value }) => [labels['request'], value]),
    );
  expect(of('_count')).toMatchObject({ register: 1, sync: 1, heartbeat: 2, report: 1, lookup: 0 });
  // One flight of the scripted daemon's answers takes 1 ms.
  expect(of('_sum')).toMatchObject({ register: 0.001, heartbeat: 0.002 });
});

it('a mapping daemon that is silent is seen by its silence', async () => {
  const { read, clock, daemon } = await open();
  daemon.isThere = false;
  await clock.run(10_000);
  const metrics = await read();
  expect(values(metrics, 'registered')).toEqual({ '': 0 });
  expect(values(metrics, 'mapper_silence_seconds')['']).toBeGreaterThan(9);
  expect(values(metrics, 'control_retransmissions_total')['']).toBeGreaterThan(0);
});

it('an agent that has not begun has metrics, but no values for what there is not', async () => {
  const metrics = await (await open(openAgent)).read();
  expect(values(metrics, 'mapper_silence_seconds')).toEqual({});
  expect(values(metrics, 'guest_packets_total')).toEqual({});
  expect(values(metrics, 'port_packets_total')).toEqual({});
  expect(values(metrics, 'registered')).toEqual({ '': 0 });
});

it('however many ports there are, series are bounded, and nothing is left out of the sums', async () => {
  const { read, agent, daemon, clock, guestSends } = await open();
  for (let batch = 0; batch < 60; batch++) {
    const items = Array.from({ length: 10 }, (_, at) => {
      const number = batch * 10 + at;
      const addresses = [address('10.1.2.100') + number];
      return portItem({ name: `p${number}`, revision: 9, device: `tun-${number}`, addresses });
    });
    daemon.push(batch + 1, items);
    await clock.run(10);
  }
  // Port 0 has a series of its own, ports 400 and 500 have none.
  await guestSends(udpPacket('10.9.9.9', '10.1.2.50'), 0);
  await guestSends(udpPacket('10.9.9.9', '10.1.2.50'), 400);
  await guestSends(udpPacket('10.9.9.9', '10.1.2.50'), 500);
  const metrics = await read();
  const packets = values(metrics, 'port_packets_total');
  expect(Object.keys(packets)).toHaveLength(2 * (MAX_PORT_SERIES + 1));
  expect([packets['a30 in'], packets['other in']]).toEqual([1, 2]);
  expect(values(metrics, 'port_drops_total')['other']).toBe(2);
  // Port 500 goes, with one packet more that nobody has read of.
  await guestSends(udpPacket('10.9.9.9', '10.1.2.50'), 500);
  daemon.push(61, [{ kind: 'port-gone', name: 'p499', revision: 10 }]);
  await clock.run(10);
  expect(agent.ports.byIndex(500)).toBeUndefined();
  expect(values(await read(), 'port_packets_total')['other in']).toBe(3);
  const series = [...metrics.values()].flatMap(({ samples }) => samples).length;
  expect(series).toBeLessThan(MOST_SERIES);
});
