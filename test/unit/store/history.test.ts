import { describe, expect, test } from 'vitest';
import { History } from '../../../src/store/history.ts';
import type { Change } from '../../../src/store/store.ts';

const ROOMY = { changes: 1000, bytes: 1_000_000 };

function changes(revision: number, count: number, bytes = 0): Change[] {
  return Array.from({ length: count }, (_, index) => {
    const key = `k${index}`;
    const value = new Uint8Array(bytes);
    return { key, revision, entry: { key, value, createRevision: revision, modRevision: revision } };
  });
}

describe('a history', () => {
  test('begins after the revision at which it was made', () => {
    const history = new History(7, ROOMY);
    expect(history.after(7, '')).toEqual({ changes: [], revision: 7 });
    expect(() => history.after(6, '')).toThrow(expect.objectContaining({ name: 'CompactedError', oldestRevision: 7 }));
    history.append(changes(8, 1));
    expect(history.after(7, '')).toEqual({ changes: changes(8, 1), revision: 8 });
  });

  test('takes a reader past what is not under the prefix', () => {
    const history = new History(0, ROOMY);
    for (const revision of [1, 2, 3]) history.append(changes(revision, 1));
    expect(history.after(0, 'other')).toEqual({ changes: [], revision: 3 });
  });

  test('forgets the oldest transactions when it holds too many changes', () => {
    const history = new History(0, { changes: 10, bytes: ROOMY.bytes });
    for (let revision = 1; revision <= 5; revision += 1) history.append(changes(revision, 4));
    expect(() => history.after(2, '')).toThrow(expect.objectContaining({ oldestRevision: 3 }));
    expect(history.after(3, '').revision).toBe(4);
  });

  test('forgets the oldest transactions when it holds too many bytes', () => {
    const history = new History(0, { changes: ROOMY.changes, bytes: 250 });
    for (let revision = 1; revision <= 5; revision += 1) history.append(changes(revision, 1, 100));
    expect(() => history.after(2, '')).toThrow(expect.objectContaining({ oldestRevision: 3 }));
    expect(history.after(3, '').revision).toBe(4);
  });

  test('keeps the newest transaction whatever its size', () => {
    const history = new History(0, { changes: 2, bytes: 10 });
    history.append(changes(1, 5, 100));
    expect(history.after(0, '').changes).toHaveLength(5);
    history.append(changes(2, 5, 100));
    expect(() => history.after(0, '')).toThrow(expect.objectContaining({ oldestRevision: 1 }));
    expect(history.after(1, '').changes).toHaveLength(5);
  });
});
