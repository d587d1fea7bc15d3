/**
 * One command at a time changes a lab. The lock is flock(2) on a file in the lab's directory, so the kernel
 * gives it back when its holder ends in whatever way.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, fstatSync, ftruncateSync, openSync, readFileSync, statSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { UserError } from '../base/errors.ts';
import { labDirectory } from './lab-record.ts';

/** How long to wait for another command, in seconds: longer than any but `weft lab up` takes. */
const WAIT_S = 15;
/** Where the locking child process finds the file. */
const CHILD_FD = 3;

/** Does the work while no other command changes the lab. Throws `not-found` without a lab, `in-use` after 15 s. */
export async function withLabLock<T>(name: string, work: () => Promise<T>): Promise<T> {
  const fd = await lock(name);
  try {
    return await work();
  } finally {
    closeSync(fd);
  }
}

async function lock(name: string): Promise<number> {
  const path = join(labDirectory(name), 'lock');
  for (;;) {
    const fd = openLock(name, path);
    try {
      if (!(await flock(fd))) throw inUse(name, path);
      if (isNamed(path, fd)) {
        ftruncateSync(fd);
        writeSync(fd, String(process.pid));
        return fd;
      }
    } catch (error) {
      closeSync(fd);
      throw error;
    }
    // The lab was taken down while we waited; another of its name has another lock.
    closeSync(fd);
  }
}

function openLock(name: string, path: string): number {
  try {
    return openSync(path, 'a', 0o600);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    throw new UserError('not-found', `no lab ${name} is up`, 'see which are: weft lab status');
  }
}

/** The lock belongs to the open file, which the child shares; it stays locked until we close it. */
async function flock(fd: number): Promise<boolean> {
  const child = spawn('flock', ['-x', '-w', String(WAIT_S), String(CHILD_FD)], {
    stdio: ['ignore', 'ignore', 'ignore', fd],
  });
  try {
    const [status] = (await once(child, 'exit')) as [number | null];
    return status === 0;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    throw new UserError('unsupported', 'the command `flock` is not installed', 'install the package util-linux');
  }
}

function isNamed(path: string, fd: number): boolean {
  return statSync(path, { throwIfNoEntry: false })?.ino === fstatSync(fd).ino;
}

function inUse(name: string, path: string): UserError {
  const holder = readFileSync(path, 'utf8');
  return new UserError('in-use', `process ${holder} is changing the lab ${name}`, 'wait for it, or end it first');
}
