import type { EventJournal } from '../../events/event-journal.ts';
import { addCommonMetrics } from '../../metrics/common-metrics.ts';
import type { MetricsRegistry } from '../../metrics/registry.ts';
import type { ControlFace } from '../admin-routes.ts';
import type { Mapper } from '../mapper.ts';
import { addAgentFacingMetrics } from './agent-facing-metrics.ts';
import { addCloudMetrics } from './cloud-metrics.ts';
import { addStoreMetrics } from './store-metrics.ts';

/** Everything that a mapping daemon exposes beside its latencies, see `mapper-latencies.ts`. */
export function addMapperMetrics(
  registry: MetricsRegistry,
  mapper: Mapper,
  control: ControlFace,
  journal: EventJournal,
): void {
  addCommonMetrics(registry, 'netweft_mapper', journal);
  addCloudMetrics(registry, mapper);
  addAgentFacingMetrics(registry, mapper, control);
  addStoreMetrics(registry, mapper);
}
