/**
 * A change of more records than one transaction can write, all or nothing even so:
 *
 *   1. one transaction writes the records as chunks under `journal/` and says so in `meta/model`;
 *      from here on the change is decided;
 *   2. further transactions write the records themselves;
 *   3. the last one removes the chunks and says so in `meta/model`.
 *
 * While a journal is there the daemon shows the records as they were before (see `MapperState`). When
 * the store fails in between, the daemon tries again until it is done (see `JournalRunner`); one that
 * stops in between carries the journal out when it starts again.
 */
import { UserError } from '../base/errors.ts';
import type { CloudRecord } from '../model/records.ts';
import {
  type Compare,
  type Entry,
  MAX_OPERATIONS,
  type Store,
  type TransactionResult,
  type Write,
} from '../store/store.ts';
import { MAX_CHUNK_BYTES, MAX_DIRECT_WRITES } from './limits.ts';
import type { ModelValue } from './mapper-state.ts';
import { decodeValue, encodeValue, JOURNAL_PREFIX, journalKey, MODEL_KEY, recordKey } from './store-keys.ts';

/** Chunks and the two operations on `meta/model` share a transaction. */
const MAX_CHUNKS = MAX_OPERATIONS - 2;

/** The operations of step 1. Throws UserError `limit` when the records take too much room. */
export function journalWrites(records: readonly CloudRecord[]): Write[] {
  const chunks = cutChunks(records.map((record) => JSON.stringify(record)));
  if (chunks.length > MAX_CHUNKS) {
    throw new UserError('limit', 'the records take more room than one apply may', 'apply them as several files');
  }
  return [
    { kind: 'put', key: MODEL_KEY, value: modelValue(chunks.length) },
    ...chunks.map((value, chunk): Write => ({ kind: 'put', key: journalKey(chunk), value })),
  ];
}

export function modelValue(journalChunks: number): Uint8Array {
  return encodeValue({ journalChunks } satisfies ModelValue);
}

export function recordWrite({ kind, spec }: CloudRecord): Write {
  return { kind: 'put', key: recordKey(kind, spec.name), value: encodeValue(spec) };
}

/** Steps 2 and 3. Returns the last revision; `undefined` when there is no journal, or somebody else carries it out. */
export async function carryOutJournal(store: Store): Promise<number | undefined> {
  const model = await store.get(MODEL_KEY);
  if (model === undefined || (decodeValue(model.value) as ModelValue).journalChunks === 0) return undefined;
  const chunks = await readChunks(store);
  const guard: Compare = { key: MODEL_KEY, modRevision: model.modRevision };
  const records = chunks.flatMap((chunk) => decodeValue(chunk.value) as CloudRecord[]);
  for (let from = 0; from < records.length; from += MAX_DIRECT_WRITES) {
    const writes = records.slice(from, from + MAX_DIRECT_WRITES).map(recordWrite);
    if (!(await store.transact([guard], writes)).committed) return undefined;
  }
  const done: TransactionResult = await store.transact(
    [guard],
    [
      { kind: 'put', key: MODEL_KEY, value: modelValue(0) },
      ...chunks.map(({ key }): Write => ({ kind: 'delete', key })),
    ],
  );
  return done.committed ? done.revision : undefined;
}

async function readChunks(store: Store): Promise<Entry[]> {
  const chunks: Entry[] = [];
  let after: string | undefined;
  do {
    const page = await store.list(JOURNAL_PREFIX, after === undefined ? {} : { after });
    chunks.push(...page.entries);
    after = page.next;
  } while (after !== undefined);
  return chunks;
}

/** JSON lists of texts that are JSON already, none longer than a value may be. */
function cutChunks(texts: readonly string[]): Uint8Array[] {
  const chunks: Uint8Array[] = [];
  let chunk: string[] = [];
  let bytes = 0;
  const close = () => {
    if (chunk.length > 0) chunks.push(Buffer.from(`[${chunk.join(',')}]`));
    chunk = [];
    bytes = 2;
  };
  close();
  for (const text of texts) {
    const size = Buffer.byteLength(text) + 1;
    if (bytes + size > MAX_CHUNK_BYTES) close();
    chunk.push(text);
    bytes += size;
  }
  close();
  return chunks;
}
