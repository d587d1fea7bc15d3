import { UserError } from '../base/errors.ts';
import { printable } from '../base/printable.ts';
import { EXIT } from './exit-status.ts';

/** One line for a refusal with its hint; a message of several lines keeps them. */
export function errorText(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  const lines = message.split('\n').map(printable);
  const hint = error instanceof UserError ? error.hint : undefined;
  if (hint === undefined) return `weft: ${lines.join('\n')}\n`;
  return `weft: ${lines.join('\n')}${lines.length > 1 ? '\n' : '; '}${printable(hint)}\n`;
}

export function errorExitCode(error: unknown): number {
  if (!(error instanceof UserError)) return EXIT.failed;
  if (error.code === 'unreachable') return EXIT.unreachable;
  return error.code === 'not-found' ? EXIT.notFound : EXIT.failed;
}
