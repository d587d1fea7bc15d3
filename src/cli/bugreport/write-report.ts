import { open, rm } from 'node:fs/promises';
import { UserError } from '../../base/errors.ts';

/** Writes a new file that only its owner may read. Throws UserError; what was begun is removed. */
export async function writeReport(path: string, bytes: Uint8Array): Promise<void> {
  const file = await open(path, 'wx', 0o600).catch((error: unknown) => {
    throw openError(error as NodeJS.ErrnoException, path);
  });
  try {
    await file.writeFile(bytes);
    await file.close();
  } catch (error) {
    await file.close().catch(() => {});
    await rm(path, { force: true });
    throw new UserError(
      'unfinished',
      `cannot write ${path}: ${(error as NodeJS.ErrnoException).code ?? String(error)}`,
      'choose another place with --output',
    );
  }
}

function openError({ code, message }: NodeJS.ErrnoException, path: string): UserError {
  if (code === 'EEXIST') {
    return new UserError('conflict', `${path} is there already`, 'a report replaces nothing: choose another --output');
  }
  const isPermission = code === 'EACCES' || code === 'EPERM' || code === 'EROFS';
  return new UserError(
    isPermission ? 'not-permitted' : 'invalid',
    `cannot write ${path}: ${code ?? message}`,
    'choose another place with --output',
  );
}
