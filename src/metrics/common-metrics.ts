import { VERSION } from '../base/version.ts';
import type { EventJournal } from '../events/event-journal.ts';
import type { MetricsRegistry } from './registry.ts';

/** What every daemon exposes beside what it does; `prefix` is where its names begin. */
export function addCommonMetrics(registry: MetricsRegistry, prefix: string, journal: EventJournal): void {
  registry.gauge(
    { name: `${prefix}_build_info`, help: 'Always 1; its labels say what runs.', labels: ['version', 'node'] },
    () => [[{ version: VERSION, node: process.versions.node }, 1]],
  );
  registry.counter(
    { name: `${prefix}_events_total`, help: 'Events of the journal since the start.' },
    () => journal.sequence,
  );
}
