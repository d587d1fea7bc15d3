import { randomBytes } from 'node:crypto';
import type { Database } from 'better-sqlite3';
import { UserError } from '../base/errors.ts';
import { damagedFile } from './sqlite-errors.ts';

const SCHEMA_VERSION = 1;

/** `schema` stays as it is in every version, so that each can tell what it has before it. */
const CREATE = `
  CREATE TABLE schema (version INTEGER NOT NULL) STRICT;
  CREATE TABLE state (incarnation TEXT NOT NULL, revision INTEGER NOT NULL) STRICT;
  CREATE TABLE entry (
    key TEXT PRIMARY KEY NOT NULL,
    value BLOB NOT NULL,
    createRevision INTEGER NOT NULL,
    modRevision INTEGER NOT NULL,
    checksum INTEGER NOT NULL
  ) STRICT;
`;

export interface State {
  readonly incarnation: string;
  readonly revision: number;
}

/**
 * Reads the state of the store in `database`; makes one if the file is new, and begins another
 * incarnation where `isRestored`. Throws UserError.
 */
export function openSchema(database: Database, path: string, isRestored: boolean): State {
  const tables = database.prepare('SELECT name FROM sqlite_schema').pluck().all();
  if (tables.length === 0) create(database);
  else if (!tables.includes('schema')) throw damagedFile(path, 'it is a database of another program');
  checkVersion(database, path);
  if (isRestored) database.prepare('UPDATE state SET incarnation = ?').run(newIncarnation());
  const state = database.prepare('SELECT incarnation, revision FROM state').get() as State | undefined;
  if (!state) throw damagedFile(path, 'it has no state');
  return state;
}

function create(database: Database): void {
  database.transaction(() => {
    database.exec(CREATE);
    database.prepare('INSERT INTO schema VALUES (?)').run(SCHEMA_VERSION);
    database.prepare('INSERT INTO state VALUES (?, 0)').run(newIncarnation());
  })();
}

function newIncarnation(): string {
  return randomBytes(8).toString('hex');
}

function checkVersion(database: Database, path: string): void {
  const version = database.prepare('SELECT version FROM schema').pluck().get();
  if (version === SCHEMA_VERSION) return;
  throw new UserError(
    'unsupported',
    `store ${path} has schema version ${String(version)}, this program knows version ${SCHEMA_VERSION}`,
    'use the version of the program that wrote it',
  );
}
