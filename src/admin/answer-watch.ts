import type { ClientRequest } from 'node:http';
import { VERSION } from '../base/version.ts';

/** Every answer of a daemon carries it: the version of the daemon's program. */
export const VERSION_HEADER = 'x-netweft-version';
/** Who waits longer than this is told what for. */
const SLOW_MS = 2000;

/** What the program that asks may want to know beside the answers. Both may come several times. */
export interface AnswerWatch {
  /** The daemon on `socket` is of `version`, which is not that of this program. */
  otherVersion(version: string, socket: string): void;
  /** The daemon on `socket` has not answered for two seconds. */
  slow(socket: string): void;
}

let current: AnswerWatch | undefined;

/** Of all requests of this process from now on; a later call replaces an earlier one's. */
export function watchAnswers(watch: AnswerWatch): void {
  current = watch;
}

export function watchRequest(asked: ClientRequest, socket: string): void {
  const timer = setTimeout(() => current?.slow(socket), SLOW_MS).unref();
  asked.once('close', () => clearTimeout(timer));
  asked.once('response', ({ headers }) => {
    clearTimeout(timer);
    const version = headers[VERSION_HEADER];
    if (typeof version === 'string' && version !== VERSION) current?.otherVersion(version, socket);
  });
}
