import { mkdtempSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { openSqliteStore } from '../../src/store/sqlite-store.ts';
import type { Store } from '../../src/store/store.ts';
import { requireBuild } from './built-store.ts';
import { describeStore } from './store.ts';
import { entry, put, remove, takeBatches } from './store-requests.ts';
import { startWriter } from './store-writer.ts';

let directory: string;
let opened = 0;
beforeAll(() => {
  requireBuild();
  directory = mkdtempSync(join(tmpdir(), 'netweft-store-'));
});
afterAll(() => rmSync(directory, { recursive: true }));

function newPath(): string {
  opened += 1;
  return join(directory, `${opened}.db`);
}

describeStore('sqlite store', () => openSqliteStore(newPath()));

describe('a SQLite store opened again', () => {
  let path: string;
  let store: Store;
  beforeEach(async () => {
    path = newPath();
    store = await openSqliteStore(path);
  });
  afterEach(() => store.close());

  async function reopen(): Promise<void> {
    await store.close();
    store = await openSqliteStore(path);
  }

  test('has the same incarnation, revision and entries', async () => {
    const { incarnation } = store;
    await store.transact([], [put('a', 'one'), put('b', 'one')]);
    await store.transact([], [put('a', 'two'), remove('b')]);
    await reopen();
    expect(store.incarnation).toBe(incarnation);
    expect(await store.revision()).toBe(2);
    expect((await store.list('')).entries).toEqual([entry('a', 'two', 1, 2)]);
    expect(await store.transact([{ key: 'a', modRevision: 2 }], [put('a', 'three')])).toEqual({
      committed: true,
      revision: 3,
    });
    expect(await store.get('a')).toEqual(entry('a', 'three', 1, 3));
  });

  test('after it was put back from a copy has another incarnation from then on, and all else', async () => {
    const { incarnation } = store;
    await store.transact([], [put('a', 'one')]);
    await store.close();
    store = await openSqliteStore(path, true);
    const restored = store.incarnation;
    expect(restored).toMatch(/^[0-9a-f]{16}$/);
    expect(restored).not.toBe(incarnation);
    expect((await store.list('')).entries).toEqual([entry('a', 'one', 1, 1)]);
    expect(await store.revision()).toBe(1);
    await reopen();
    expect(store.incarnation).toBe(restored);
  });

  test('has no history from before, and says so', async () => {
    for (const value of ['1', '2', '3']) await store.transact([], [put('a', value)]);
    await reopen();
    const old = takeBatches(store.watch('', 2), 1);
    await expect(old).rejects.toMatchObject({ name: 'CompactedError', oldestRevision: 3 });
    const fresh = store.watch('', 3);
    await store.transact([], [put('a', '4')]);
    expect((await takeBatches(fresh, 1)).flat()).toEqual([{ key: 'a', revision: 4, entry: entry('a', '4', 1, 4) }]);
  });

  test('can be opened once at a time within a process', async () => {
    await store.transact([], [put('a', 'one')]);
    await expect(openSqliteStore(path)).rejects.toMatchObject({ name: 'UserError', code: 'in-use' });
    expect(await store.get('a')).toEqual(entry('a', 'one', 1, 1));
  });

  test('can be opened once at a time among processes, until the other one is dead', async () => {
    await store.close();
    const writer = startWriter(path, 1);
    await writer.reached(1);
    await expect(openSqliteStore(path)).rejects.toMatchObject({
      name: 'UserError',
      code: 'in-use',
      message: expect.stringContaining(path),
    });
    await writer.kill();
    store = await openSqliteStore(path);
    expect(await store.revision()).toBeGreaterThan(0);
  });

  test('was open to nobody but its owner', () => {
    expect(statSync(path).mode & 0o777).toBe(0o600);
  });

  test('refuses to give out an entry of which bits turned over', async () => {
    await store.transact([], [put('a', 'one'), put('b', 'sound')]);
    await store.transact([], [put('a', 'turned')]);
    await store.close();
    const content = readFileSync(path);
    content.writeUInt8(content.readUInt8(content.indexOf('turned')) ^ 1, content.indexOf('turned'));
    writeFileSync(path, content);
    store = await openSqliteStore(path);
    const damaged = { name: 'UserError', code: 'invalid', message: expect.stringContaining('key a in store') };
    await expect(store.get('a')).rejects.toMatchObject(damaged);
    await expect(store.list('')).rejects.toMatchObject(damaged);
    expect(await store.get('b')).toEqual(entry('b', 'sound', 1, 1));
  });
});

describe('group commit', () => {
  test('transactions that wait share a commit and are judged one by one', async () => {
    const store = await openSqliteStore(newPath());
    const results = await Promise.all(
      Array.from({ length: 1000 }, (_, index) =>
        store.transact([{ key: `k${index >> 1}`, modRevision: 0 }], [put(`k${index >> 1}`, '')]),
      ),
    );
    expect(results.map(({ committed }) => committed)).toEqual(results.map((_, index) => index % 2 === 0));
    const { committed, conflicted, commits } = store.counters();
    expect({ committed, conflicted }).toEqual({ committed: 500, conflicted: 500 });
    expect(commits).toBeLessThan(100);
    await store.close();
  });

  test('too many requests at once are refused, and counted, and only those', async () => {
    const store = await openSqliteStore(newPath());
    const asked = Array.from({ length: 5000 }, (_, index) => store.transact([], [put(`k${index}`, '')]));
    const settled = await Promise.allSettled(asked);
    const refused = settled.flatMap((result) => (result.status === 'rejected' ? [result.reason] : []));
    expect(refused).toHaveLength(5000 - 4096);
    expect(refused[0]).toMatchObject({ name: 'UserError', code: 'limit' });
    expect(store.counters()).toMatchObject({ committed: 4096, refused: 5000 - 4096 });
    expect(await store.revision()).toBe(4096);
    await store.close();
  });
});

describe('a file that cannot be a store is refused with what to do', () => {
  test.each<[string, string, (path: string) => void]>([
    ['text', 'invalid', (path) => writeFileSync(path, 'host: x\n'.repeat(1000))],
    ['another database', 'invalid', (path) => inDatabase(path, 'CREATE TABLE other (x)')],
    ['a store without state', 'invalid', (path) => inStore(path, 'DELETE FROM state')],
    ['a newer store', 'unsupported', (path) => inStore(path, 'UPDATE schema SET version = 2')],
  ])('%s', async (_, code, make) => {
    const path = newPath();
    await openSqliteStore(path).then((store) => store.close());
    make(path);
    await expectRefusal(path, code);
  });

  test('a truncated store', async () => {
    const path = newPath();
    const store = await openSqliteStore(path);
    await store.transact([], [{ kind: 'put', key: 'a', value: new Uint8Array(50_000) }]);
    await store.close();
    truncateSync(path, 20_000);
    await expectRefusal(path, 'invalid');
  });

  test('a directory', () => expectRefusal(directory, 'not-permitted'));

  test('a place that does not exist', () => expectRefusal(join(directory, 'none', 'x.db'), 'not-found'));

  test('each of many at once', async () => {
    const path = join(directory, 'none', 'x.db');
    await Promise.all(Array.from({ length: 24 }, () => expectRefusal(path, 'not-found')));
  });
});

async function expectRefusal(path: string, code: string): Promise<void> {
  await expect(openSqliteStore(path)).rejects.toMatchObject({
    name: 'UserError',
    code,
    message: expect.stringContaining(path),
    hint: expect.any(String),
  });
}

function inStore(path: string, statement: string): void {
  const database = new Database(path);
  database.exec(statement);
  database.close();
}

function inDatabase(path: string, statement: string): void {
  rmSync(path);
  inStore(path, statement);
}
