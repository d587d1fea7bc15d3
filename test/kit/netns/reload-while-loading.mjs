/**
 * For `node --import`: the process gets SIGHUP whenever it is about to load a module, from the first one after its start
 * on. What main.ts imports statically is loaded before anything of it can run.
 */
import { register } from 'node:module';
import { isMainThread } from 'node:worker_threads';

/** The second is loaded by a reload itself. */
const QUIET = ['./catch-reloads.js', '../config/reload-changes.js'];

if (isMainThread) register(import.meta.url);

export function resolve(specifier, context, next) {
  const isEntry = context.parentURL === undefined || !context.parentURL.includes('/dist/');
  if (!isEntry && !QUIET.includes(specifier)) process.kill(process.pid, 'SIGHUP');
  return next(specifier, context);
}
