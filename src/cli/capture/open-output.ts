import {
  closeSync,
  constants,
  createWriteStream,
  fchmodSync,
  fstatSync,
  ftruncateSync,
  openSync,
  statSync,
} from 'node:fs';
import { Socket } from 'node:net';
import type { Writable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { UserError } from '../../base/errors.ts';

/** Only its owner may read what tenants send. */
const FILE_MODE = 0o600;
/** How often it is looked whether somebody reads a named pipe, ms. */
const READER_POLL_MS = 50;

/** Nobody is kept waiting in the kernel, by a pipe without a reader or by a full one. */
const { O_WRONLY, O_NONBLOCK, O_NOFOLLOW, O_CREAT, O_EXCL } = constants;
const WRITE = O_WRONLY | O_NONBLOCK;

/**
 * Opens a file, which becomes empty and its owner's alone, a named pipe as soon as somebody reads it, or a device.
 * Undefined where `signal` aborts before. Throws UserError `invalid`, also for a link to a file: who made it chooses
 * what is overwritten.
 */
export async function openOutput(path: string, signal: AbortSignal): Promise<Writable | undefined> {
  try {
    while (!signal.aborted) {
      const fd = tryOpen(path);
      if (fd !== undefined) return outputOf(fd);
      await sleep(READER_POLL_MS, undefined, { signal }).catch(() => {});
    }
    return undefined;
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? String(error);
    const why = code === 'ELOOP' ? 'it is a symbolic link' : code;
    throw new UserError('invalid', `cannot write ${path}: ${why}`, 'choose another with --output');
  }
}

/** Undefined for a named pipe that nobody reads. */
function tryOpen(path: string): number | undefined {
  try {
    return openSync(path, WRITE | O_NOFOLLOW);
  } catch (error) {
    switch ((error as NodeJS.ErrnoException).code) {
      case 'ENOENT':
        return openSync(path, WRITE | O_CREAT | O_EXCL, FILE_MODE);
      case 'ENXIO':
        if (statSync(path).isFIFO()) return undefined;
        throw error;
      case 'ELOOP':
        return openLinked(path, error);
      default:
        throw error;
    }
  }
}

/** Devices may be links, as /dev/stdout is. */
function openLinked(path: string, refusal: unknown): number {
  const fd = openSync(path, WRITE);
  if (!fstatSync(fd).isFile()) return fd;
  closeSync(fd);
  throw refusal;
}

function outputOf(fd: number): Writable {
  const kind = fstatSync(fd);
  if (kind.isFIFO()) return new Socket({ fd, readable: false, writable: true });
  if (kind.isFile()) {
    fchmodSync(fd, FILE_MODE);
    ftruncateSync(fd);
  }
  return createWriteStream('', { fd });
}
