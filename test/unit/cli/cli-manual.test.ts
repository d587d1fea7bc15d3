/** `docs/cli.md` says what the program says of itself. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { ENVIRONMENT_VARIABLES } from '../../../src/cli/environment-variables.ts';
import { exitStatusRows } from '../../../src/cli/describe-command.ts';
import { ALL_EXITS } from '../../../src/cli/exit-status.ts';
import { buildProgram } from '../../../src/cli/run-cli.ts';
import { ROOT } from '../source-files.ts';
import { runCommand, TestProcess } from './run-command.ts';

const text = readFileSync(join(ROOT, 'docs/cli.md'), 'utf8');

/** The rows of the table below a title of the page, cell by cell. */
function table(title: string): readonly (readonly string[])[] {
  const [, section = ''] = text.split(`## ${title}\n`);
  const rows = /\n\|[-|]+\|\n((?:\|.*\n)+)/.exec(section)?.[1] ?? '';
  return rows
    .trim()
    .split('\n')
    .map((row) => row.slice(2, -2).split(' | '));
}

test('the exit statuses are those of the help', () => {
  expect(table('Exit status')).toEqual(exitStatusRows(ALL_EXITS).map(([status, meaning]) => [String(status), meaning]));
});

test('the variables are those of the manual', () => {
  expect(table('Environment')).toEqual([...ENVIRONMENT_VARIABLES].map(([name, meaning]) => [`\`${name}\``, meaning]));
});

test('every command is named', async () => {
  const program = await buildProgram([], new TestProcess());
  const known = program
    .createHelp()
    .visibleCommands(program)
    .map((command) => command.name());
  const unnamed = known.filter((name) => name !== 'help' && !text.includes(`\`weft ${name}`));
  expect(unnamed).toEqual([]);
});

test('how completion is installed is what its help says', async () => {
  const { out } = await runCommand(['completion', '--help']);
  const commands = table('Completion').map(([, , always = '']) => always.replaceAll('`', ''));
  expect(commands).toHaveLength(3);
  for (const command of commands) expect(out).toContain(command);
});
