import type { MetricsRegistry } from '../../metrics/registry.ts';
import type { Mapper } from '../mapper.ts';

/** The store, and large changes that are carried out in pieces. */
export function addStoreMetrics(registry: MetricsRegistry, mapper: Mapper): void {
  const { store, journal } = mapper.parts;
  const counter = (name: string, help: string, read: () => number) =>
    registry.counter({ name: `netweft_mapper_${name}`, help }, read);

  registry.gauge(
    { name: 'netweft_mapper_store_revision', help: 'Revision of the store.' },
    () => mapper.state.revision,
  );
  counter('store_transactions_total', 'Transactions that wrote.', () => store.counters().committed);
  counter('store_conflicts_total', 'Transactions that did not, because a key had changed.', () => {
    return store.counters().conflicted;
  });
  counter('store_commits_total', 'Writes to the disk; several transactions may share one.', () => {
    return store.counters().commits;
  });
  counter('store_refusals_total', 'Requests refused, because too many waited.', () => store.counters().refused);
  counter('store_compactions_total', 'Readers that fell behind and read everything anew.', () => {
    return store.counters().compacted;
  });
  counter('journal_retries_total', 'Large changes that were tried again.', () => journal.counters.retried);
  counter('journal_failures_total', 'Large changes that the store did not take to their end.', () => {
    return journal.counters.failed;
  });
}
