import { describe, expect, test } from 'vitest';
import { StoreFollower } from '../../../src/mapper/store-follower.ts';
import { openMemoryStore } from '../../../src/store/memory-store.ts';
import { type Change, CompactedError, type Store, type Watch } from '../../../src/store/store.ts';
import { settle } from './manual-clock.ts';

function put(store: Store, key: string, text: string) {
  return store.transact([], [{ kind: 'put', key, value: Buffer.from(text) }]);
}

/** A follower, and the content of the store as it was told. */
function following(store: Store) {
  const content: Record<string, string> = {};
  const history: string[] = [];
  const failures: unknown[] = [];
  const onChanges = (changes: readonly Change[]) => {
    for (const { key, entry } of changes) {
      history.push(entry === undefined ? `-${key}` : `${key}=${Buffer.from(entry.value).toString()}`);
      if (entry === undefined) delete content[key];
      else content[key] = Buffer.from(entry.value).toString();
    }
  };
  const follower = new StoreFollower({ store, onChanges, onFailure: (error) => failures.push(error) });
  return { follower, content, history, failures };
}

/** The store, but what `changes` names is another function. */
function changedStore(store: Store, changes: Partial<Store>): Store {
  const bound = {
    incarnation: store.incarnation,
    revision: store.revision.bind(store),
    get: store.get.bind(store),
    list: store.list.bind(store),
    transact: store.transact.bind(store),
    watch: store.watch.bind(store),
    counters: store.counters.bind(store),
    close: store.close.bind(store),
  };
  return { ...bound, ...changes };
}

describe('a follower', () => {
  test('is told everything, then every change', async () => {
    const store = openMemoryStore();
    await put(store, 'a', '1');
    const { follower, content } = following(store);
    await follower.start();
    expect(content).toEqual({ a: '1' });
    const { revision } = await put(store, 'b', '2');
    await follower.reached(revision);
    await store.transact([], [{ kind: 'delete', key: 'a' }]);
    await settle();
    expect(content).toEqual({ b: '2' });
    expect(follower.revision).toBe(3);
    follower.stop();
  });

  test('never goes back to an older state that a later page had overtaken', async () => {
    const store = openMemoryStore();
    await put(store, 'a', '1');
    await put(store, 'b', '1');
    let pages = 0;
    const paged = changedStore(store, {
      list: async (prefix, options) => {
        if (pages++ === 1) {
          await put(store, 'b', '2');
          await store.transact([], [{ kind: 'delete', key: 'b' }]);
          await put(store, 'b', '3');
        }
        return store.list(prefix, { ...options, limit: 1 });
      },
    });
    const { follower, content, history } = following(paged);
    await follower.start();
    await settle();
    expect(content).toEqual({ a: '1', b: '3' });
    expect(history.filter((line) => line.includes('b'))).toEqual(['b=3']);
    follower.stop();
  });

  test('that fell behind the history is told the difference', async () => {
    const store = openMemoryStore();
    await put(store, 'gone', '1');
    await put(store, 'kept', '1');
    await put(store, 'changed', '1');
    let watches = 0;
    const forgetful = changedStore(store, {
      watch: (prefix, after): Watch => {
        if (watches++ > 0) return store.watch(prefix, after);
        const iterator = { next: () => lost.then(() => Promise.reject(new CompactedError(3))) };
        return { close() {}, [Symbol.asyncIterator]: () => iterator };
      },
    });
    let lose = () => {};
    const lost = new Promise<void>((resolve) => {
      lose = resolve;
    });
    const { follower, content, history } = following(forgetful);
    await follower.start();
    history.length = 0;
    await store.transact([], [{ kind: 'delete', key: 'gone' }]);
    await put(store, 'changed', '2');
    lose();
    await settle();
    expect(content).toEqual({ kept: '1', changed: '2' });
    expect(history).toEqual(['-gone', 'changed=2']);
    await put(store, 'kept', '2');
    await settle();
    expect(content).toEqual({ kept: '2', changed: '2' });
    follower.stop();
  });

  test('hands on a failure of the store, and only that', async () => {
    const store = openMemoryStore();
    const broken = following(changedStore(store, { watch: () => brokenWatch() }));
    await broken.follower.start();
    await settle();
    expect(broken.failures).toEqual([new Error('the disk is gone')]);
    const closed = following(store);
    await closed.follower.start();
    closed.follower.stop();
    await store.close();
    await settle();
    expect(closed.failures).toEqual([]);
  });
});

function brokenWatch(): Watch {
  const next = () => Promise.reject(new Error('the disk is gone'));
  return { close() {}, [Symbol.asyncIterator]: () => ({ next }) };
}
