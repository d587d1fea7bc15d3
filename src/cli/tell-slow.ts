import { printable } from '../base/printable.ts';
import type { Cli } from './cli.ts';

/** Who waits longer than this is told what for. */
const SLOW_MS = 2000;

/** Says on standard error what is being done, where that takes long and somebody may be watching. */
export async function tellSlow<T>(cli: Cli, doing: string, work: Promise<T>): Promise<T> {
  const timer = setTimeout(() => {
    if (cli.errorsToTerminal) cli.err(`weft: ${printable(doing)}\n`);
  }, SLOW_MS);
  try {
    return await work;
  } finally {
    clearTimeout(timer);
  }
}
