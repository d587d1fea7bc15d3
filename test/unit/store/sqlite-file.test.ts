import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Database } from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { openDatabase } from '../../../src/store/sqlite-database.ts';
import { SqliteFile } from '../../../src/store/sqlite-file.ts';
import type { StoreRequest } from '../../../src/store/sqlite-messages.ts';

describe('the file of a SQLite store', () => {
  let directory: string;
  let path: string;
  let database: Database;
  let file: SqliteFile;
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'netweft-sqlite-'));
    path = join(directory, 'store.db');
    database = openDatabase(path, (opened) => opened);
    file = new SqliteFile(database, path);
  });
  afterEach(() => {
    file.close();
    rmSync(directory, { recursive: true });
  });

  function put(key: string, bytes: number): StoreRequest {
    const value = new Uint8Array(bytes).fill(1);
    return { kind: 'transact', transaction: { compares: [], writes: [{ kind: 'put', key, value }] } };
  }

  function keys(): string[] {
    const listing = { from: '', before: '~', limit: 100 };
    const [reply] = file.run([{ kind: 'list', listing }]);
    return reply?.kind === 'list' ? reply.page.entries.map(({ key }) => key) : [];
  }

  test('a commit is synced to the disk before it returns', () => {
    expect(database.pragma('journal_mode', { simple: true })).toBe('wal');
    expect(database.pragma('synchronous', { simple: true })).toBe(2);
  });

  test('put back from a copy, it has another incarnation, once', () => {
    const { incarnation } = file;
    file.run([put('before', 100)]);
    const restored = new SqliteFile(database, path, true);
    expect(restored.incarnation).not.toBe(incarnation);
    expect(restored.revision).toBe(1);
    expect(new SqliteFile(database, path).incarnation).toBe(restored.incarnation);
  });

  test('a full disk refuses the whole group, loses nothing, and goes on when there is room', () => {
    file.run([put('before', 100)]);
    const pages = Number(database.pragma('page_count', { simple: true }));
    database.pragma(`max_page_count = ${pages + 4}`);
    expect(() => file.run([put('small', 1), put('large', 60_000)])).toThrow(
      expect.objectContaining({ name: 'UserError', code: 'limit', message: expect.stringContaining(path) }),
    );
    expect(file.revision).toBe(1);
    expect(keys()).toEqual(['before']);
    database.pragma('max_page_count = 1000');
    file.run([put('small', 1), put('large', 60_000)]);
    expect(file.revision).toBe(3);
    expect(keys()).toEqual(['before', 'large', 'small']);
  });

  test('any other failure is no UserError, since the store must not go on', () => {
    file.run([put('before', 100)]);
    database.exec('DROP TABLE state');
    expect(() => file.run([put('after', 100)])).toThrow(
      expect.objectContaining({ name: 'Error', message: expect.stringContaining(`store ${path} failed`) }),
    );
    expect(file.revision).toBe(1);
  });
});
