/** The thread of a SQLite store. An Error that is no UserError ends it, and with it the store. */

import { type MessagePort, parentPort, workerData } from 'node:worker_threads';
import { UserError } from '../base/errors.ts';
import { openDatabase } from './sqlite-database.ts';
import { SqliteFile } from './sqlite-file.ts';
import { type FromThread, type StoreRequest, type ThreadData, type ToThread, toRefusal } from './sqlite-messages.ts';

if (!parentPort) throw new Error('sqlite-worker runs only as a worker thread');
serve(parentPort, workerData as ThreadData);

function serve(port: MessagePort, { path, isRestored }: ThreadData): void {
  const opened = orRefusal(() => {
    const file = openDatabase(path, (database) => new SqliteFile(database, path, isRestored));
    port.on('message', (message: ToThread) => {
      if (message.kind === 'group') port.postMessage(orRefusal(() => answer(file, message.requests)));
      else close(port, file);
    });
    return { kind: 'opened', incarnation: file.incarnation, revision: file.revision };
  });
  port.postMessage(opened);
}

function answer(file: SqliteFile, requests: readonly StoreRequest[]): FromThread {
  return { kind: 'replies', replies: file.run(requests) };
}

function close(port: MessagePort, file: SqliteFile): void {
  file.close();
  port.close();
}

function orRefusal(act: () => FromThread): FromThread {
  try {
    return act();
  } catch (error) {
    if (error instanceof UserError) return { kind: 'refused', refusal: toRefusal(error) };
    throw error;
  }
}
