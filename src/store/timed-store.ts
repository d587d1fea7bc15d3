import type { Clock } from '../base/clock.ts';
import type { Compare, Store, Write } from './store.ts';

/** The same store; `observe` is told how long each transaction that writes took until it was answered, in seconds. */
export function timedStore(store: Store, clock: Clock, observe: (seconds: number) => void): Store {
  return {
    incarnation: store.incarnation,
    revision: () => store.revision(),
    get: (key) => store.get(key),
    list: (prefix, options) => store.list(prefix, options),
    async transact(compares: readonly Compare[], writes: readonly Write[]) {
      const asked = clock.now();
      const result = await store.transact(compares, writes);
      if (writes.length > 0) observe((clock.now() - asked) / 1000);
      return result;
    },
    watch: (prefix, afterRevision) => store.watch(prefix, afterRevision),
    counters: () => store.counters(),
    close: () => store.close(),
  };
}
