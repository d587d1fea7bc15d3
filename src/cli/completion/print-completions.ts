import type { Command } from 'commander';
import { printable } from '../../base/printable.ts';
import type { Cli } from '../cli.ts';
import { completeWords } from './complete-words.ts';
import { findValues } from './find-values.ts';

/**
 * Answers a script of `shell-scripts.ts`: `CANDIDATE` or `CANDIDATE<tab>DESCRIPTION`, one a line; or one line `:files` or `:folders`.
 * What cannot be found out is left out silently: somebody is typing.
 */
export async function printCompletions(program: Command, words: readonly string[], cli: Cli): Promise<void> {
  const found = await completeWords(program, words, findValues(cli));
  if (typeof found === 'string') return cli.out(`:${found}\n`);
  cli.out(
    found.map(({ value, description }) => `${value}${description ? `\t${printable(description)}` : ''}\n`).join(''),
  );
}
