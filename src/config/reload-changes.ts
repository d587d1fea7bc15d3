import { isDeepStrictEqual } from 'node:util';
import type { Complaint } from '../model/complaint.ts';
import type { Setting } from './combine.ts';
import type { ConfiguredDaemon } from './config-definition.ts';
import { shownValue } from './config-keys.ts';

/** The settings of `next` that say something else than those that run. */
export function changedSettings(running: readonly Setting[], next: readonly Setting[]): Setting[] {
  const values = new Map(running.map(({ key, value }) => [key.path, value]));
  return next.filter(({ key, value }) => values.has(key.path) && !isDeepStrictEqual(values.get(key.path), value));
}

/** One for each change that a running daemon cannot take. */
export function restartComplaints(
  daemon: ConfiguredDaemon,
  running: readonly Setting[],
  next: readonly Setting[],
): Complaint[] {
  const values = new Map(running.map(({ key, value }) => [key.path, value]));
  return changedSettings(running, next)
    .filter(({ key }) => !key['x-reloadable'])
    .map(({ key, value, place = { line: 1, column: 1 } }) => {
      const change = `from ${shownValue(values.get(key.path))} to ${shownValue(value)}`;
      return {
        line: place.line,
        column: place.column,
        message: `"${key.path}" would change ${change}, which a running ${daemon} cannot; restart it, or put the old value back`,
      };
    });
}
