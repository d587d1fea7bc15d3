import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import { UserError } from '../base/errors.ts';
import { type FromThread, fromRefusal, type ThreadData } from './sqlite-messages.ts';

/** A running thread that has the store open. */
export interface SqliteThread {
  readonly worker: Worker;
  /** Resolves when the thread has ended and the file is closed, with the reason. */
  readonly ended: Promise<Error>;
  readonly incarnation: string;
  readonly revision: number;
}

/** Starts the thread of a store. Throws what its opening throws. */
export async function startSqliteThread(data: ThreadData): Promise<SqliteThread> {
  const worker = new Worker(entry(), { workerData: data });
  const ended = endOf(worker);
  const first = await firstOf(worker, ended);
  if (first instanceof Error) throw first;
  if (first.kind === 'opened') {
    const { incarnation, revision } = first;
    return { worker, ended, incarnation, revision };
  }
  await ended;
  if (first.kind === 'refused') throw fromRefusal(first.refusal);
  throw new Error(`the thread of store ${data.path} began with ${first.kind}`);
}

/** Node runs only JavaScript in a thread, so from `src` (as tests do) it is taken from the build. */
function entry(): URL {
  const path = import.meta.url.endsWith('.ts') ? '../../dist/store/sqlite-worker.js' : './sqlite-worker.js';
  const url = new URL(path, import.meta.url);
  if (existsSync(url)) return url;
  throw new UserError('not-found', `${fileURLToPath(url)} is missing`, 'run `npm run build`');
}

/** The first message, or why there was none. The message and the end can come in one turn, in this order. */
function firstOf(worker: Worker, ended: Promise<Error>): Promise<FromThread | Error> {
  return new Promise((resolve) => {
    worker.once('message', resolve);
    void ended.then(resolve);
  });
}

function endOf(worker: Worker): Promise<Error> {
  return new Promise((resolve) => {
    let reason: Error | undefined;
    worker.on('error', (error: Error) => {
      reason = error;
    });
    worker.on('exit', (status) => resolve(reason ?? new Error(`the thread of a store ended with status ${status}`)));
  });
}
