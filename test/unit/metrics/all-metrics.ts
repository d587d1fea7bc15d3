/** The metrics of both daemons and of a process, as the daemons add them. */
import { addAgentMetrics } from '../../../src/agent/metrics/agent-metrics.ts';
import { requestLatency } from '../../../src/agent/metrics/request-latency.ts';
import { silentLogger } from '../../../src/base/log.ts';
import { seededRandom } from '../../../src/base/random.ts';
import { plainSessionLayer } from '../../../src/control/session-layer.ts';
import { EventJournal } from '../../../src/events/event-journal.ts';
import { Mapper } from '../../../src/mapper/mapper.ts';
import { mapperLatencies } from '../../../src/mapper/metrics/mapper-latencies.ts';
import { addMapperMetrics } from '../../../src/mapper/metrics/mapper-metrics.ts';
import { addProcessMetrics } from '../../../src/metrics/process-metrics.ts';
import { type DescribedMetric, MetricsRegistry } from '../../../src/metrics/registry.ts';
import { openMemoryStore } from '../../../src/store/memory-store.ts';
import { openAgent } from '../../kit/agent-bench.ts';
import { VirtualClock } from '../../kit/simulation/virtual-clock.ts';

export interface AllMetrics {
  readonly agent: readonly DescribedMetric[];
  readonly mapper: readonly DescribedMetric[];
  readonly process: readonly DescribedMetric[];
}

export function allMetrics(): AllMetrics {
  return { agent: ofAgent(), mapper: ofMapper(), process: ofProcess() };
}

function ofAgent(): readonly DescribedMetric[] {
  const registry = new MetricsRegistry();
  const { agent, journal } = openAgent();
  requestLatency(registry);
  addAgentMetrics(registry, agent, journal);
  return registry.describe();
}

function ofMapper(): readonly DescribedMetric[] {
  const registry = new MetricsRegistry();
  const clock = new VirtualClock();
  const random = seededRandom(1);
  const layer = plainSessionLayer();
  const mapper = new Mapper({ store: openMemoryStore(), clock, random, layer, send() {}, log: silentLogger });
  const face = { listen: { address: 0, port: 0 }, counters: { unanswerable: 0, unsent: 0 } };
  mapperLatencies(registry);
  addMapperMetrics(registry, mapper, face, new EventJournal({ clock, daemon: 'mapper' }));
  return registry.describe();
}

function ofProcess(): readonly DescribedMetric[] {
  const registry = new MetricsRegistry();
  addProcessMetrics(registry)();
  return registry.describe();
}
