/** Completion where it has to work: in the shells themselves. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, expect, test } from 'vitest';
import { ShellTerminal, shellEnvironment, shellFolder } from '../../kit/shell/shell-terminal.ts';
import { type FakeDaemon, openFakeDaemon } from '../../unit/cli/fake-daemon.ts';
import * as sample from '../../unit/cli/sample-documents.ts';

const TAB = '\t';
const home = shellFolder();
let terminal: ShellTerminal | undefined;
let daemon: FakeDaemon | undefined;

afterEach(async () => {
  await terminal?.close();
  await daemon?.close();
  terminal = undefined;
  daemon = undefined;
});
afterAll(() => rmSync(home, { recursive: true, force: true }));

/** Typed in one shell, one after the other. */
const TYPED: readonly (readonly [what: string, keys: string, words: readonly string[]])[] = [
  ['a command', `weft stat${TAB}`, ['status']],
  ['a command inside another', `weft flo${TAB}li${TAB}`, ['flow', 'list']],
  ['an option', `weft explain --dest${TAB}53`, ['explain', '--destination-port', '53']],
  ['a choice', `weft agent --log-format j${TAB}`, ['agent', '--log-format', 'json']],
  ['a choice behind =', `weft agent --log-format=j${TAB}`, ['agent', '--log-format=json']],
  ['a kind', `weft get subn${TAB}`, ['get', 'subnet']],
  ['a file', `weft apply -f clo${TAB}`, ['apply', '-f', 'cloud file.yaml']],
  ['a file behind =', `weft apply --file=fold${TAB}oth${TAB}`, ['apply', '--file=folder/other.yaml']],
  ['a file argument', `weft lab up fold${TAB}oth${TAB}`, ['lab', 'up', 'folder/other.yaml']],
  ['a command of help', `weft help la${TAB}exe${TAB}`, ['help', 'lab', 'exec']],
  ['a port, from the agent', `weft explain --port b5${TAB}`, ['explain', '--port', 'b50']],
  ['nothing where nothing fits', `weft status zz${TAB}`, ['status', 'zz']],
];

test.each(['bash', 'zsh', 'fish'])('%s completes what is typed', async (shell) => {
  daemon = await openFakeDaemon({ 'GET /v1/ports': portsNamed('a30', 'b50') });
  terminal = new ShellTerminal(shell, { WEFT_SOCKET: daemon.socket });
  writeFileSync(join(terminal.folder, 'cloud file.yaml'), '');
  mkdirSync(join(terminal.folder, 'folder'));
  writeFileSync(join(terminal.folder, 'folder/other.yaml'), '');
  for (const [what, keys, words] of TYPED) expect({ what, words: await terminal.run(keys) }).toEqual({ what, words });
});

function portsNamed(...names: readonly string[]) {
  const [port] = sample.PORTS.ports;
  return { ...sample.PORTS, ports: names.map((name) => ({ ...port, name })) };
}

test.each([
  [['weft', 'sta'], 'weft sta', ['status']],
  [['weft', 'lab', ''], 'weft lab ', ['up', 'down', 'status', 'exec', 'stop', 'start', 'help']],
  [['weft', 'agent', '--log-format', '='], 'weft agent --log-format=', ['text', 'json']],
  [['weft', 'agent', '--log-format', '=', ''], 'weft agent --log-format=', ['text', 'json']],
  [['weft', 'agent', '--log-format', '=', 'te'], 'weft agent --log-format=te', ['text']],
  [['weft', 'agent', '--log-format', '=', 'te'], 'weft  agent  --log-format = te', []],
  [['weft', 'status', '--js'], 'weft status --js', ['--json']],
])('the function of bash: %j of %j', (words, line, replies) => {
  const script = `source <(weft completion bash); COMP_CWORD=$((\${#COMP_WORDS[@]} - 1)); COMP_POINT=\${#COMP_LINE}
    _weft; printf '%s\\n' "\${COMPREPLY[@]}"`;
  const assign = `COMP_WORDS=(${words.map((word) => `'${word}'`).join(' ')}); COMP_LINE='${line}'`;
  expect(output('bash', ['--norc', '-c', `${assign}; ${script}`])).toEqual(replies);
});

test.each([
  ['weft sta', ['status\tshow how a mapping daemon or an agent is doing']],
  ['weft agent --log-format ', ['json', 'text']],
  ['weft agent --log-format=', ['--log-format=json', '--log-format=text']],
  ['weft get hos', ['host']],
])('complete -C of fish: %s', (line, replies) => {
  const script = `weft completion fish | source; complete -C '${line}'`;
  expect(output('fish', ['--no-config', '-c', script])).toEqual(replies);
});

function output(shell: string, words: readonly string[]): readonly string[] {
  const ran = spawnSync(shell, words, { encoding: 'utf8', env: shellEnvironment(home), cwd: home });
  expect({ status: ran.status, error: ran.stderr }).toEqual({ status: 0, error: '' });
  return ran.stdout.split('\n').filter((text) => text !== '');
}
