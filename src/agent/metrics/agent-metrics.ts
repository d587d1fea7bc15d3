import type { EventJournal } from '../../events/event-journal.ts';
import { addCommonMetrics } from '../../metrics/common-metrics.ts';
import type { MetricsRegistry } from '../../metrics/registry.ts';
import type { Agent } from '../agent.ts';
import { addControlMetrics } from './control-metrics.ts';
import { addFastPathMetrics } from './fast-path-metrics.ts';
import { addIoMetrics } from './io-metrics.ts';
import { addPortMetrics } from './port-metrics.ts';

const PREFIX = 'netweft_agent';

/** Everything that an agent exposes beside the latency of its requests, see `request-latency.ts`. */
export function addAgentMetrics(registry: MetricsRegistry, agent: Agent, journal: EventJournal): void {
  addCommonMetrics(registry, PREFIX, journal);
  addPortMetrics(registry, agent);
  addFastPathMetrics(registry, agent);
  addIoMetrics(registry, agent);
  addControlMetrics(registry, agent);
}
