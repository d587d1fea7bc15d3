/** Listening on a Unix socket that only its owner may use, and that appears under its name when it is ready. */
import { chmod, lstat, mkdir, mkdtemp, rename, rm } from 'node:fs/promises';
import { createConnection } from 'node:net';
import { dirname, join } from 'node:path';
import { UserError } from '../base/errors.ts';

/** Bytes of a Unix socket's path (`sun_path` of unix(7), less the final zero). */
const MAX_SOCKET_PATH_BYTES = 107;

export interface UnixSocketOptions {
  /** Its folder is made if there is none. A socket that nobody listens on is replaced. */
  readonly path: string;
  /** The option of the command line that named it; for hints. */
  readonly option: string;
  listen(path: string): Promise<unknown>;
}

/**
 * Calls `listen` with a path in a private folder, then moves the socket to its place, so that it never has another
 * mode than 0600 under its own name. Throws UserError: `in-use` when somebody listens there or the path is
 * no socket, `invalid` when it is too long, `not-permitted` when the folder may not be written.
 */
export async function listenOnUnixSocket(options: UnixSocketOptions): Promise<void> {
  try {
    await mkdir(dirname(options.path), { recursive: true });
    await requireFree(options);
    await listenHidden(options);
  } catch (error) {
    throw asUserError(error, options);
  }
}

async function listenHidden(options: UnixSocketOptions): Promise<void> {
  const folder = await mkdtemp(`${dirname(options.path)}/.`);
  const hidden = join(folder, 's');
  try {
    requireShort(options.path, options.option);
    requireShort(hidden, options.option);
    await options.listen(hidden);
    await chmod(hidden, 0o600);
    await rename(hidden, options.path);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function requireShort(path: string, option: string): void {
  if (Buffer.byteLength(path) <= MAX_SOCKET_PATH_BYTES) return;
  throw new UserError(
    'invalid',
    `the socket's path is too long: ${path}`,
    `the kernel takes at most ${MAX_SOCKET_PATH_BYTES} bytes; choose another with ${option}`,
  );
}

/** A socket that nobody listens on is what a killed daemon left, and may be replaced. */
async function requireFree({ path, option }: UnixSocketOptions): Promise<void> {
  const found = await lstat(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
  if (found === undefined) return;
  if (!found.isSocket()) {
    throw new UserError('in-use', `${path} exists and is not a socket`, `remove it, or choose another with ${option}`);
  }
  if (await isListening(path)) {
    throw new UserError(
      'in-use',
      `another daemon listens on ${path}`,
      `stop it first, or choose another socket with ${option}`,
    );
  }
}

function isListening(path: string): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const probe = createConnection(path);
    probe.once('connect', () => {
      probe.destroy();
      resolve(true);
    });
    probe.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'ECONNREFUSED' || error.code === 'ENOENT') resolve(false);
      else reject(error);
    });
  });
}

function asUserError(error: unknown, { path, option }: UnixSocketOptions): unknown {
  const code = (error as NodeJS.ErrnoException).code;
  if (error instanceof UserError || code === undefined) return error;
  const isPermission = code === 'EACCES' || code === 'EPERM' || code === 'EROFS';
  return new UserError(
    isPermission ? 'not-permitted' : 'invalid',
    `cannot make the socket ${path}: ${code}`,
    isPermission ? `run as root, or choose a folder of your own with ${option}` : `choose another path with ${option}`,
  );
}
