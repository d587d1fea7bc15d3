import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import { UserError } from '../base/errors.ts';

/** Many times what all keys with comments take. */
const MAX_BYTES = 65_536;

/**
 * The text of a configuration file. Throws UserError: `not-found`, `not-permitted`, `limit` where it
 * is too long, and `invalid` for what is no file or not UTF-8.
 */
export async function readConfigFile(path: string): Promise<string> {
  try {
    return decode(path, await readBytes(path));
  } catch (error) {
    throw error instanceof UserError ? error : readError(path, error as NodeJS.ErrnoException);
  }
}

async function readBytes(path: string): Promise<Buffer> {
  // Opening a pipe that nobody writes to would not return.
  const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    if (!(await file.stat()).isFile()) {
      throw new UserError('invalid', `${path} is not a regular file`, 'give the path of a configuration file');
    }
    const bytes = Buffer.alloc(MAX_BYTES + 1);
    const { bytesRead } = await file.read(bytes, 0, bytes.length, 0);
    return bytes.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
}

function decode(path: string, bytes: Buffer): string {
  if (bytes.length > MAX_BYTES) {
    throw new UserError(
      'limit',
      `${path} has more than ${MAX_BYTES} bytes`,
      'a configuration has few keys: is this another file?',
    );
  }
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw new UserError('invalid', `${path} is not UTF-8 text`, 'save it as UTF-8');
  }
}

function readError(path: string, { code, message }: NodeJS.ErrnoException): UserError {
  if (code === 'ENOENT') return new UserError('not-found', `there is no file ${path}`, 'check the path');
  if (code === 'EACCES') {
    const hint = `let the user of the daemon read it, for a service everybody: chmod 644 ${path}`;
    return new UserError('not-permitted', `not allowed to read ${path}`, hint);
  }
  return new UserError('invalid', `cannot read ${path}: ${code ?? message}`, 'check the path');
}
