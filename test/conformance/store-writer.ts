import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { BUILT_SQLITE_STORE } from './built-store.ts';

const PROGRAM = join(import.meta.dirname, 'store-writer.mjs');

/** A process that writes numbered pairs of keys to a store until it is killed or the store fails. */
export interface Writer {
  /** Numbers of the acknowledged pairs so far. */
  readonly acknowledged: readonly number[];
  /** The errors it printed when the store failed, the last one for a request made afterwards. */
  readonly errors: readonly string[];
  /** Resolves when at least `count` pairs are acknowledged; rejects if the process ends before. */
  reached(count: number): Promise<void>;
  kill(): Promise<void>;
  readonly ended: Promise<unknown>;
}

/** `maxBlocks`: every write that would make a file longer than so many blocks of 512 bytes fails. */
export function startWriter(path: string, parallel: number, maxBlocks?: number): Writer {
  const limit = maxBlocks === undefined ? '' : `trap '' XFSZ; ulimit -f ${maxBlocks}; `;
  const command = [process.execPath, PROGRAM, BUILT_SQLITE_STORE, path, String(parallel)];
  const child = spawn('/bin/sh', ['-c', `${limit}exec "$@"`, 'sh', ...command], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const acknowledged: number[] = [];
  const errors: string[] = [];
  const lines = createInterface({ input: child.stdout });
  lines.on('line', (line) => {
    if (/^\d+$/.test(line)) acknowledged.push(Number(line));
    else errors.push(line);
  });
  const ended = Promise.all([once(child, 'exit'), once(lines, 'close')]);
  return {
    acknowledged,
    errors,
    ended,
    async reached(count) {
      while (acknowledged.length < count) {
        await Promise.race([once(lines, 'line'), ended]);
        if (child.exitCode !== null) throw new Error(`the writer ended with status ${child.exitCode}`);
      }
    },
    async kill() {
      child.kill('SIGKILL');
      await ended;
    },
  };
}
