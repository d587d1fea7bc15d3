import { UserError } from '../base/errors.ts';

const RESTORE_HINT =
  'put a copy of it back and start `weft mapper --restored`, or move it away to start with an empty store';

/** Why the store at `path` could not be opened: a UserError where its user can do something about it. */
export function explainOpenError(path: string, error: unknown): Error {
  if (error instanceof UserError) return error;
  const { code, message } = codeAndMessage(error);
  switch (true) {
    case code === 'SQLITE_BUSY':
      return new UserError(
        'in-use',
        `store ${path} is open already`,
        'end the process that has it open, or name another file',
      );
    case code === 'SQLITE_NOTADB' || code.startsWith('SQLITE_CORRUPT'):
      return damagedFile(path, message);
    case code === 'ENOENT' || code === 'ENOTDIR':
      return new UserError('not-found', `store ${path} is in a directory that does not exist`, 'create the directory');
    case ['EACCES', 'EPERM', 'EROFS'].includes(code) || /^SQLITE_(CANTOPEN|READONLY|PERM)/.test(code):
      return new UserError(
        'not-permitted',
        `store ${path} cannot be opened: ${message}`,
        'it must be a file that this user may read and write, in a directory where it may create files',
      );
    case code === 'ENOSPC' || code === 'SQLITE_FULL':
      return fullDisk(path);
    case code === 'ERR_DLOPEN_FAILED' || message.startsWith('Could not locate the bindings file'):
      return new UserError(
        'unsupported',
        `store ${path} cannot be opened: the SQLite addon does not load`,
        'run `npm rebuild better-sqlite3`',
      );
    default:
      return storeFailure(path, error);
  }
}

/**
 * Why a group of requests was not carried out. A UserError if the store can go on; else its state
 * on disk is in doubt: it must be opened again before anything else is promised.
 */
export function explainGroupError(path: string, error: unknown): Error {
  return codeAndMessage(error).code === 'SQLITE_FULL' ? fullDisk(path) : storeFailure(path, error);
}

export function damagedFile(path: string, reason: string): UserError {
  return new UserError('invalid', `${path} is damaged or not a store: ${reason}`, RESTORE_HINT);
}

export function damagedEntry(path: string, key: string): UserError {
  return new UserError('invalid', `key ${key} in store ${path} is damaged: its checksum is wrong`, RESTORE_HINT);
}

function fullDisk(path: string): UserError {
  return new UserError('limit', `the disk of store ${path} is full`, 'make room on it, then try again');
}

function storeFailure(path: string, error: unknown): Error {
  const { code, message } = codeAndMessage(error);
  return new Error(`store ${path} failed: ${message} (${code})`, { cause: error });
}

function codeAndMessage(error: unknown): { code: string; message: string } {
  if (!(error instanceof Error)) return { code: 'unknown', message: String(error) };
  const code = 'code' in error && typeof error.code === 'string' ? error.code : error.name;
  return { code, message: error.message };
}
