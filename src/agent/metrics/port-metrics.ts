import type { PortCounters } from '../../fastpath/fast-path.ts';
import { withBoundedLabel } from '../../metrics/bounded-label.ts';
import type { MetricsRegistry, Sample } from '../../metrics/registry.ts';
import type { Agent } from '../agent.ts';
import { DEVICE_STATES } from '../port-set.ts';

/** Ports with series of their own, the ones made first; the others are summed. */
export const MAX_PORT_SERIES = 256;

/** From and to the guests, port by port. */
export function addPortMetrics(registry: MetricsRegistry, agent: Agent): void {
  const labels = ['port', 'direction'];
  registry.gauge({ name: 'netweft_agent_ports', help: 'Ports of this host by state.', labels: ['state'] }, () => {
    const ports = agent.ports.all();
    return DEVICE_STATES.map((state) => [{ state }, ports.filter((port) => port.state === state).length]);
  });
  registry.counter(
    { name: 'netweft_agent_port_packets_total', help: 'Packets that a guest sent (`in`) and got (`out`).', labels },
    () => bothWays(agent, ({ packetsIn, packetsOut }) => [packetsIn, packetsOut]),
  );
  registry.counter(
    { name: 'netweft_agent_port_bytes_total', help: 'Bytes of the same, IP headers included.', labels },
    () => bothWays(agent, ({ bytesIn, bytesOut }) => [bytesIn, bytesOut]),
  );
  registry.counter(
    { name: 'netweft_agent_port_drops_total', help: 'Packets of a guest that were dropped.', labels: ['port'] },
    () => portCounters(agent).map(([port, { dropped }]): Sample => [{ port }, dropped]),
  );
  registry.gauge(
    { name: 'netweft_agent_port_flows', help: 'Flow entries charged to the port.', labels: ['port'] },
    () => labelled(agent).map(([port, index]): Sample => [{ port }, agent.options.fastPath.flowsOfPort(index)]),
  );
}

function bothWays(agent: Agent, read: (counters: PortCounters) => readonly [number, number]): Sample[] {
  return portCounters(agent).flatMap(([port, counters]): Sample[] => {
    const [packetsIn, packetsOut] = read(counters);
    return [
      [{ port, direction: 'in' }, packetsIn],
      [{ port, direction: 'out' }, packetsOut],
    ];
  });
}

function portCounters(agent: Agent): (readonly [label: string, counters: PortCounters])[] {
  return labelled(agent).map(([label, index]) => [label, agent.options.fastPath.portCounters(index)]);
}

function labelled(agent: Agent): (readonly [label: string, index: number])[] {
  const ports = withBoundedLabel(agent.ports.all(), MAX_PORT_SERIES, ({ item }) => item.name);
  return [...ports].map(([label, { index }]) => [label, index]);
}
