import type { Transaction } from './check-request.ts';
import type { Change, Entry, TransactionResult } from './store.ts';

/** The keys of a store as a transaction sees them. */
export interface Table {
  find(key: string): Pick<Entry, 'createRevision' | 'modRevision'> | undefined;
  put(entry: Entry): void;
  remove(key: string): void;
}

export interface Outcome extends TransactionResult {
  /** For each write, the create revision of its key afterwards; 0 for a delete. Empty if nothing was written. */
  readonly createRevisions: readonly number[];
}

/** Judges the compares against `table` at `revision`, and carries out the writes if all of them hold. */
export function applyTransaction(table: Table, { compares, writes }: Transaction, revision: number): Outcome {
  const committed = compares.every(({ key, modRevision }) => (table.find(key)?.modRevision ?? 0) === modRevision);
  if (!committed || writes.length === 0) return { committed, revision, createRevisions: [] };
  const modRevision = revision + 1;
  const createRevisions = writes.map((write) => {
    const { key } = write;
    if (write.kind === 'delete') {
      table.remove(key);
      return 0;
    }
    const createRevision = table.find(key)?.createRevision ?? modRevision;
    table.put({ key, value: write.value, createRevision, modRevision });
    return createRevision;
  });
  return { committed, revision: modRevision, createRevisions };
}

/** What watches are told of a transaction; empty if it wrote nothing. */
export function changesOf({ writes }: Transaction, { revision, createRevisions }: Outcome): readonly Change[] {
  return createRevisions.map((createRevision, index) => {
    const write = writes[index];
    if (write === undefined) throw new Error('an outcome has more revisions than its transaction has writes');
    const { key } = write;
    if (write.kind === 'delete') return { key, revision, entry: undefined };
    return { key, revision, entry: { key, value: write.value, createRevision, modRevision: revision } };
  });
}
