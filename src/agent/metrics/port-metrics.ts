import type { PortCounters } from '../../fastpath/fast-path.ts';
import type { MetricsRegistry, Sample } from '../../metrics/registry.ts';
import type { Agent } from '../agent.ts';
import { DEVICE_STATES } from '../port-set.ts';
import { PortSeries } from './port-series.ts';

/** From and to the guests, port by port. */
export function addPortMetrics(registry: MetricsRegistry, agent: Agent): void {
  const labels = ['port', 'direction'];
  const { ports } = agent;
  const { fastPath } = agent.options;
  const series = new PortSeries({ fastPath, ports: () => ports.all(), byIndex: (index) => ports.byIndex(index) });
  agent.onPortLeaving = (index) => series.leaving(index);
  registry.gauge({ name: 'netweft_agent_ports', help: 'Ports of this host by state.', labels: ['state'] }, () => {
    const all = ports.all();
    return DEVICE_STATES.map((state) => [{ state }, all.filter((port) => port.state === state).length]);
  });
  registry.counter(
    { name: 'netweft_agent_port_packets_total', help: 'Packets that a guest sent (`in`) and got (`out`).', labels },
    () => bothWays(series, ({ packetsIn, packetsOut }) => [packetsIn, packetsOut]),
  );
  registry.counter(
    { name: 'netweft_agent_port_bytes_total', help: 'Bytes of the same, IP headers included.', labels },
    () => bothWays(series, ({ bytesIn, bytesOut }) => [bytesIn, bytesOut]),
  );
  registry.counter(
    { name: 'netweft_agent_port_drops_total', help: 'Packets of a guest that were dropped.', labels: ['port'] },
    () => series.totals().map(([port, { dropped }]): Sample => [{ port }, dropped]),
  );
  registry.gauge(
    { name: 'netweft_agent_port_flows', help: 'Flow entries charged to the port.', labels: ['port'] },
    () => series.labels().map(([port, index]): Sample => [{ port }, fastPath.flowsOfPort(index)]),
  );
}

function bothWays(series: PortSeries, read: (counters: PortCounters) => readonly [number, number]): Sample[] {
  return series.totals().flatMap(([port, counters]): Sample[] => {
    const [packetsIn, packetsOut] = read(counters);
    return [
      [{ port, direction: 'in' }, packetsIn],
      [{ port, direction: 'out' }, packetsOut],
    ];
  });
}
