import { closeSync, openSync } from 'node:fs';
import Database from 'better-sqlite3';
import { damagedFile, explainOpenError } from './sqlite-errors.ts';

/** Only the owner may read what the store holds. */
const FILE_MODE = 0o600;

/**
 * Opens the database at the absolute `path`, or makes an empty one, has `use` take it over, and
 * returns what that returns. The database stays locked until it is closed. Throws UserError.
 */
export function openDatabase<Result>(path: string, use: (database: Database.Database) => Result): Result {
  let database: Database.Database | undefined;
  try {
    createIfMissing(path);
    database = new Database(path, { timeout: 0 });
    prepare(database, path);
    return use(database);
  } catch (error) {
    database?.close();
    throw explainOpenError(path, error);
  }
}

/**
 * Opening and closing the file by other means than SQLite would drop SQLite's lock on it if this
 * process holds one, hence only a new file is touched.
 */
function createIfMissing(path: string): void {
  try {
    closeSync(openSync(path, 'wx', FILE_MODE));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
}

/**
 * In exclusive mode the first access locks the file, until it is closed or the process ends. With
 * FULL, COMMIT in WAL mode returns after the log is synced; with NORMAL it would not be.
 */
function prepare(database: Database.Database, path: string): void {
  database.pragma('locking_mode = EXCLUSIVE');
  const mode = database.pragma('journal_mode = WAL', { simple: true });
  if (mode !== 'wal') throw new Error(`journal mode is ${String(mode)}`);
  database.pragma('synchronous = FULL');
  const finding = database.pragma('quick_check(1)', { simple: true });
  if (finding !== 'ok') throw damagedFile(path, String(finding));
}
