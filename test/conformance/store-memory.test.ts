import { expect, test } from 'vitest';
import { openMemoryStore } from '../../src/store/memory-store.ts';
import { describeStore } from './store.ts';

describeStore('memory store', async () => openMemoryStore());

test('the incarnation of a memory store can be given', async () => {
  const store = openMemoryStore({ incarnation: 'first-life' });
  expect(store.incarnation).toBe('first-life');
  await store.close();
});
