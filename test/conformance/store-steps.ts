import fc from 'fast-check';
import { expect } from 'vitest';
import type { Store, Write } from '../../src/store/store.ts';
import { StoreModel } from './store-model.ts';
import { compare, takeBatches } from './store-requests.ts';

export type Step =
  | { kind: 'transact'; compares: { key: string; isRight: boolean }[]; writes: Write[] }
  | { kind: 'get'; key: string }
  | { kind: 'list'; prefix: string; limit: number; after: string | undefined };

const key = fc.constantFrom('a', 'a/', 'a/b', 'a/b/c', 'a/c', 'b', 'b~', 'c');
const write: fc.Arbitrary<Write> = fc.oneof(
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('put'), key, value: fc.uint8Array({ maxLength: 8 }) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('delete'), key }) },
);
export const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({
    kind: fc.constant('transact'),
    compares: fc.array(fc.record({ key, isRight: fc.integer({ max: 9, min: 0 }).map((roll) => roll > 0) }), {
      maxLength: 3,
    }),
    writes: fc.uniqueArray(write, { maxLength: 4, selector: (made) => made.key }),
  }),
  fc.record({ kind: fc.constant('get'), key }),
  fc.record({
    kind: fc.constant('list'),
    prefix: fc.constantFrom('', 'a', 'a/', 'a/b', 'b', 'd'),
    limit: fc.integer({ min: 1, max: 5 }),
    after: fc.option(key, { nil: undefined }),
  }),
);

/** Takes `steps` with an empty store and with the model. All requests are made at once, so that stores which group them do. */
export async function followModel(store: Store, steps: Step[]): Promise<void> {
  const model = new StoreModel();
  const watch = store.watch('a', 0);
  const asked: Promise<unknown>[] = [];
  const expected: unknown[] = [];
  for (const made of steps) {
    const [request, answer] = takeStep(store, model, made);
    asked.push(request);
    expected.push(answer);
  }
  expect(await Promise.all(asked)).toEqual(expected);
  expect(await store.revision()).toBe(model.revision);
  const batches = model.batchesUnder('a');
  expect(await takeBatches(watch, batches.length)).toEqual(batches);
}

function takeStep(store: Store, model: StoreModel, made: Step): [Promise<unknown>, unknown] {
  if (made.kind === 'get') return [store.get(made.key), model.get(made.key)];
  if (made.kind === 'list') {
    const { prefix, limit, after } = made;
    const options = after === undefined ? { limit } : { limit, after };
    return [store.list(prefix, options), model.list(prefix, limit, after)];
  }
  const compares = made.compares.map(({ key: compared, isRight }) =>
    compare(compared, (model.get(compared)?.modRevision ?? 0) + (isRight ? 0 : 1)),
  );
  return [store.transact(compares, made.writes), model.transact(compares, made.writes)];
}
