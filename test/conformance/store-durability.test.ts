import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { seededRandom } from '../../src/base/random.ts';
import { openSqliteStore } from '../../src/store/sqlite-store.ts';
import type { Store } from '../../src/store/store.ts';
import { requireBuild } from './built-store.ts';
import { keysUnder } from './store-requests.ts';
import { startWriter } from './store-writer.ts';

const KILLS = 6;
const WRITERS = 8;
const MOST_ACKNOWLEDGED = 600;

let directory: string;
beforeAll(() => {
  requireBuild();
  directory = mkdtempSync(join(tmpdir(), 'netweft-durability-'));
});
afterAll(() => rmSync(directory, { recursive: true }));

test('every acknowledged write outlives the kill of its process, and no transaction is there in half', async () => {
  const path = join(directory, 'store.db');
  const random = seededRandom(1);
  const incarnations = new Set<string>();
  const acknowledged: number[] = [];
  for (let kill = 0; kill < KILLS; kill += 1) {
    const writer = startWriter(path, WRITERS);
    await writer.reached(1 + (random.uint32() % MOST_ACKNOWLEDGED));
    await writer.kill();
    acknowledged.push(...writer.acknowledged);
    const store = await openSqliteStore(path);
    incarnations.add(store.incarnation);
    await checkPairs(store, acknowledged);
    await store.close();
  }
  expect(incarnations.size).toBe(1);
});

test('when the disk fails, nothing is acknowledged any more, and what was is there', async () => {
  const path = join(directory, 'failing.db');
  const writer = startWriter(path, WRITERS, 1024);
  await writer.ended;
  expect(writer.acknowledged.length).toBeGreaterThan(0);
  expect(writer.errors).toHaveLength(WRITERS + 1);
  for (const error of writer.errors)
    expect(error).toBe(`Error: store ${path} failed: disk I/O error (SQLITE_IOERR_WRITE)`);
  const store = await openSqliteStore(path);
  await checkPairs(store, writer.acknowledged);
  await store.close();
});

/** Each committed transaction made one pair, so the revision counts them. */
async function checkPairs(store: Store, acknowledged: readonly number[]): Promise<void> {
  const left = await numbersUnder(store, 'left/');
  expect(await numbersUnder(store, 'right/')).toEqual(left);
  expect(await store.revision()).toBe(left.size);
  expect(acknowledged.filter((number) => !left.has(number))).toEqual([]);
  for (const number of acknowledged) {
    const found = await store.get(`right/${number}`);
    expect(Buffer.from(found?.value ?? []).toString()).toBe(`value of ${number}`);
  }
}

async function numbersUnder(store: Store, prefix: string): Promise<Set<number>> {
  const keys = await keysUnder(store, prefix);
  return new Set(keys.map((key) => Number(key.slice(prefix.length))));
}
