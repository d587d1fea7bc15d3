import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { BUILT_SQLITE_STORE } from './built-store.ts';

const PROGRAM = join(import.meta.dirname, 'store-writer.mjs');

/** A process that writes numbered pairs of keys to a store until it is killed. */
export interface Writer {
  /** Resolves when at least `count` pairs are acknowledged; rejects if the process ends before. */
  acknowledged(count: number): Promise<void>;
  /** Kills the process as a power cut would; returns the numbers of all acknowledged pairs. */
  kill(): Promise<number[]>;
}

export function startWriter(path: string, parallel: number): Writer {
  const child = spawn(process.execPath, [PROGRAM, BUILT_SQLITE_STORE, path, String(parallel)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const lines = createInterface({ input: child.stdout });
  const numbers: number[] = [];
  lines.on('line', (line) => numbers.push(Number(line)));
  const ended = Promise.all([once(child, 'exit'), once(lines, 'close')]);
  return {
    async acknowledged(count) {
      while (numbers.length < count) {
        await Promise.race([once(lines, 'line'), ended]);
        if (child.exitCode !== null) throw new Error(`the writer ended with status ${child.exitCode}`);
      }
    },
    async kill() {
      child.kill('SIGKILL');
      await ended;
      return numbers;
    },
  };
}
