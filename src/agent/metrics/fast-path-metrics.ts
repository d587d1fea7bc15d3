import { MAX_UPCALLS } from '../../fastpath/fast-path.ts';
import type { MetricsRegistry, Sample } from '../../metrics/registry.ts';
import type { Agent } from '../agent.ts';

/** The flow table, what waits for a decision, and why packets are dropped. */
export function addFastPathMetrics(registry: MetricsRegistry, agent: Agent): void {
  const { fastPath } = agent.options;
  const { counters } = agent.slowPath;
  const counter = (name: string, help: string, read: () => number) =>
    registry.counter({ name: `netweft_agent_${name}`, help }, read);
  const gauge = (name: string, help: string, read: () => number) =>
    registry.gauge({ name: `netweft_agent_${name}`, help }, read);

  registry.counter(
    { name: 'netweft_agent_drops_total', help: 'Packets dropped, by reason (`weft drops`).', labels: ['reason'] },
    () => [...fastPath.drops()].map(([reason, packets]): Sample => [{ reason }, packets]),
  );
  gauge('flows', 'Flow entries in use.', () => fastPath.status().flows);
  gauge('flow_capacity', 'Flow entries that the table holds.', () => fastPath.status().capacity);
  gauge('contexts', 'Headers of other hosts that are accepted without a decision.', () => fastPath.status().contexts);
  counter('flow_hits_total', 'Packets whose decision was repeated.', () => fastPath.status().hits);
  counter('flow_evictions_total', 'Flow entries that made room for others.', () => fastPath.status().evictions);
  counter('upcalls_total', 'Packets that wanted a decision.', () => fastPath.status().upcalls);
  gauge('upcalls_waiting', 'Packets that wait for one.', () => fastPath.status().upcallsWaiting);
  gauge('upcalls_waiting_limit', 'How many may wait before others are dropped.', () => MAX_UPCALLS);
  counter('decisions_total', 'Decisions made.', () => counters.decisions);
  counter('held_packets_total', 'Decisions to wait for a mapping.', () => counters.held);
}
