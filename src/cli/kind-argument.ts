import type { Command } from 'commander';
import type { Kind } from '../model/records.ts';

/** `tenant` and `tenants` alike; anything else is a usage error of `command`. */
export async function readKind(text: string, command: Command): Promise<Kind> {
  const { KINDS } = await import('../model/records.ts');
  const kind = KINDS.find((known) => text === known || text === `${known}s`);
  if (kind !== undefined) return kind;
  return command.error(`error: unknown kind '${text}'; the kinds are ${KINDS.join(', ')}`);
}
