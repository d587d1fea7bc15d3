import type { MetricsRegistry, Observe } from '../../metrics/registry.ts';
import type { MapperObservers } from '../mapper.ts';

export interface MapperLatencies extends MapperObservers {
  readonly transaction: Observe;
}

/** Adds the histograms of the mapping daemon, and returns what they are told by. */
export function mapperLatencies(registry: MetricsRegistry): MapperLatencies {
  return {
    converged: registry.histogram({
      name: 'netweft_mapper_convergence_seconds',
      help: 'From a committed change to the acknowledgement of the last agent that was told of it, or the end of its session.',
    }),
    push: registry.histogram({
      name: 'netweft_mapper_push_seconds',
      help: 'From the first sending of one push to the acknowledgement of its agent.',
    }),
    transaction: registry.histogram({
      name: 'netweft_mapper_store_transaction_seconds',
      help: 'From asking the store to write to its answer that it is on disk.',
    }),
  };
}
