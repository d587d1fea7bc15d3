import { crc32 } from 'node:zlib';
import type { Database, Statement } from 'better-sqlite3';
import { UserError } from '../base/errors.ts';
import { applyTransaction, type Table } from './apply-transaction.ts';
import type { KeyRange } from './check-request.ts';
import { cutPage } from './cut-page.ts';
import { damagedEntry, explainGroupError } from './sqlite-errors.ts';
import { type StoreReply, type StoreRequest, toRefusal } from './sqlite-messages.ts';
import { openSchema } from './sqlite-schema.ts';
import type { Entry } from './store.ts';

interface Row extends Entry {
  readonly checksum: number;
}

/** The store's content. Every call blocks until the disk has answered. */
export class SqliteFile {
  readonly incarnation: string;
  readonly #database: Database;
  readonly #path: string;
  readonly #table: SqliteTable;
  readonly #setRevision: Statement;
  #revision: number;

  /** Takes over `database`, which was opened from `path`; one that was put back from a copy gets a new incarnation. */
  constructor(database: Database, path: string, isRestored = false) {
    const { incarnation, revision } = openSchema(database, path, isRestored);
    this.incarnation = incarnation;
    this.#revision = revision;
    this.#database = database;
    this.#path = path;
    this.#table = new SqliteTable(database, path);
    this.#setRevision = database.prepare('UPDATE state SET revision = ?');
  }

  get revision(): number {
    return this.#revision;
  }

  /**
   * Answers `requests` in order, all within one commit, which is on disk when this returns. Throws
   * UserError if nothing was done and the file can still be used, another Error if it can not.
   */
  run(requests: readonly StoreRequest[]): StoreReply[] {
    const before = this.#revision;
    try {
      return this.#database.transaction(() => {
        const replies = requests.map((request) => this.#answer(request));
        if (this.#revision > before) this.#setRevision.run(this.#revision);
        return replies;
      })();
    } catch (error) {
      this.#revision = before;
      throw explainGroupError(this.#path, error);
    }
  }

  close(): void {
    this.#database.close();
  }

  #answer(request: StoreRequest): StoreReply {
    try {
      return this.#carryOut(request);
    } catch (error) {
      if (error instanceof UserError) return { kind: 'refused', refusal: toRefusal(error) };
      throw error;
    }
  }

  #carryOut(request: StoreRequest): StoreReply {
    switch (request.kind) {
      case 'revision':
        return { kind: 'revision', revision: this.#revision };
      case 'get':
        return { kind: 'get', entry: this.#table.get(request.key) };
      case 'list': {
        const { listing } = request;
        return { kind: 'list', page: cutPage(this.#table.entries(listing), listing.limit, this.#revision) };
      }
      case 'transact': {
        const outcome = applyTransaction(this.#table, request.transaction, this.#revision);
        this.#revision = outcome.revision;
        return { kind: 'transact', outcome };
      }
      default:
        throw new Error('a request is of no known kind');
    }
  }
}

class SqliteTable implements Table {
  readonly #path: string;
  readonly #get: Statement<[string], Row>;
  readonly #find: Statement<[string], Pick<Entry, 'createRevision' | 'modRevision'>>;
  readonly #list: Statement<[string, string], Row>;
  readonly #put: Statement;
  readonly #remove: Statement;

  constructor(database: Database, path: string) {
    this.#path = path;
    this.#get = database.prepare('SELECT * FROM entry WHERE key = ?');
    this.#find = database.prepare('SELECT createRevision, modRevision FROM entry WHERE key = ?');
    this.#list = database.prepare('SELECT * FROM entry WHERE key >= ? AND key < ? ORDER BY key');
    this.#put = database.prepare('INSERT OR REPLACE INTO entry VALUES (?, ?, ?, ?, ?)');
    this.#remove = database.prepare('DELETE FROM entry WHERE key = ?');
  }

  get(key: string): Entry | undefined {
    const row = this.#get.get(key);
    return row && this.#entryOf(row);
  }

  find(key: string): Pick<Entry, 'createRevision' | 'modRevision'> | undefined {
    return this.#find.get(key);
  }

  *entries({ from, before }: KeyRange): Iterable<Entry> {
    for (const row of this.#list.iterate(from, before)) yield this.#entryOf(row);
  }

  put(entry: Entry): void {
    this.#put.run(entry.key, entry.value, entry.createRevision, entry.modRevision, checksumOf(entry));
  }

  remove(key: string): void {
    this.#remove.run(key);
  }

  /** SQLite does not notice bits that turned over within a row. */
  #entryOf({ key, value, createRevision, modRevision, checksum }: Row): Entry {
    const entry = { key, value, createRevision, modRevision };
    if (checksum !== checksumOf(entry)) throw damagedEntry(this.#path, key);
    return entry;
  }
}

function checksumOf({ key, value, createRevision, modRevision }: Entry): number {
  return crc32(value, crc32(`${key} ${createRevision} ${modRevision} `));
}
