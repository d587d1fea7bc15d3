import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Command } from 'commander';
import { afterAll, expect, test } from 'vitest';
import { commandText } from '../../../src/cli/describe-command.ts';
import { ALL_EXITS, EXIT } from '../../../src/cli/exit-status.ts';
import { manualPages } from '../../../src/cli/manual/manual-pages.ts';
import { plain, prose } from '../../../src/cli/manual/roff.ts';
import { buildProgram } from '../../../src/cli/run-cli.ts';
import { ROOT } from '../source-files.ts';
import { TestProcess } from './run-command.ts';

const program = await buildProgram([], new TestProcess());
const pages = manualPages(program, { version: '1.2.3', date: '2026-01-31' });
const folder = mkdtempSync(join(tmpdir(), 'weft-man-'));
for (const page of pages) writeFileSync(join(folder, page.name), page.text);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A character that another one is printed on, as terminals of paper had bold and underline. */
const OVERSTRUCK = new RegExp(`.${String.fromCharCode(8)}`, 'g');

/** As a reader has it, without bold and underline, each run of blanks one. */
function rendered(name: string): string {
  const environment = {
    PATH: process.env['PATH'],
    LANG: 'C.UTF-8',
    MANWIDTH: '100',
    MAN_KEEP_FORMATTING: '',
    MANOPT: '',
  };
  const ran = spawnSync('man', ['--nj', '--nh', '-l', name], { cwd: folder, encoding: 'utf8', env: environment });
  expect({ status: ran.status, error: ran.stderr }).toEqual({ status: 0, error: '' });
  return ran.stdout.replaceAll(OVERSTRUCK, '').replace(/\s+/g, ' ');
}

function everyCommand(command: Command): readonly Command[] {
  const known = command.createHelp().visibleCommands(command);
  return known.filter((inner) => inner.name() !== 'help').flatMap((inner) => [inner, ...everyCommand(inner)]);
}

test.each(pages.map(({ name }) => name))('%s is clean', (name) => {
  const ran = spawnSync('mandoc', ['-T', 'lint', '-W', 'warning', name], { cwd: folder, encoding: 'utf8' });
  expect({ status: ran.status, said: `${ran.stdout}${ran.stderr}` }).toEqual({ status: 0, said: '' });
});

test('the package has all pages, and no others', () => {
  const { man } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { man: readonly string[] };
  expect(man.toSorted()).toEqual(pages.map(({ name }) => `dist/man/${name}`).toSorted());
});

test('a page shows what it is of, how it is called, its options, statuses, variables and examples', () => {
  const text = rendered('weft-explain.1');
  expect(text).toContain('WEFT-EXPLAIN(1)');
  expect(text).toContain('Netweft 1.2.3 2026-01-31');
  expect(text).toContain('weft-explain - show what a host does with a packet, stage by stage, and why');
  expect(text).toContain('SYNOPSIS weft explain [--port name] [--underlay-from address[:port]]');
  expect(text).toContain('DESCRIPTION Show what a host does with a packet, stage by stage, and why. The agent decides');
  expect(text).toContain('--ttl n time to live (default: 64)');
  expect(text).toContain('4 undecided, the packet would wait until the mapping daemon has answered');
  expect(text).toContain('WEFT_SOCKET admin socket of the daemon that is asked where --socket names none');
  expect(text).toContain('EXAMPLES weft explain --port a30 --to 10.1.2.50 weft explain');
  expect(text).toContain('SEE ALSO weft(1)');
});

test('a page of commands inside a command has each with its own options', () => {
  const text = rendered('weft-lab.1');
  expect(text).toContain('SYNOPSIS weft lab up file weft lab down [lab]');
  expect(text).toContain('weft lab exec [--lab lab] where command ...');
  expect(text).toContain('weft lab exec Run a command in the network namespace of a guest');
});

test('the page of the program has every command, variable and exit status', () => {
  const text = rendered('weft.1');
  for (const { name } of pages.slice(1)) expect(text).toContain(name.replace('.1', '(1)'));
  for (const name of ['WEFT_SOCKET', 'RUNTIME_DIRECTORY', 'STATE_DIRECTORY', 'NO_COLOR', 'TERM']) {
    expect(text).toContain(name);
  }
  for (const [name, status] of Object.entries(EXIT)) {
    const meaning = ALL_EXITS[name as keyof typeof EXIT]?.replace(/`/g, '');
    expect(text).toContain(`${status} ${meaning}`);
  }
});

test('every command, option and example of the help is in the manual', () => {
  const all = pages.map(({ name }) => rendered(name)).join(' ');
  const commands = everyCommand(program);
  expect(commands.length).toBeGreaterThan(15);
  for (const command of commands) {
    for (const option of command.options) expect(all).toContain(option.long);
    expect(all).toContain(command.description().replace(/`/g, '').replace(/\.$/, '').slice(1));
  }
});

test('every command that can be run has examples, its own or those of its group', () => {
  const examples = (command: Command | null) => (command === null ? [] : (commandText(command)?.examples ?? []));
  const leaves = everyCommand(program).filter((command) => command.commands.length === 0);
  const bare = leaves.filter((leaf) => examples(leaf).length === 0 && examples(leaf.parent).length === 0);
  expect(bare.map((leaf) => leaf.name())).toEqual([]);
});

test.each([
  ['.SH or not', '\\&.SH or not'],
  ["it's\n'quoted", 'it\\(aqs\n\\(aqquoted'],
  ['a\\b -- c', 'a\\eb \\-\\- c'],
  ['5 µs, ↑', '5 \\[u00B5]s, \\[u2191]'],
])('what roff would read is escaped: %j', (text, roff) => {
  expect(plain(text)).toBe(roff);
});

test('code and options in prose are bold, without their backquotes', () => {
  expect(prose('with `jq .x` or --json')).toBe('with \\fBjq .x\\fP or \\fB\\-\\-json\\fP');
});
