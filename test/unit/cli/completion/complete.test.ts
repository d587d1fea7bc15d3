import { afterEach, expect, test } from 'vitest';
import { type FakeDaemon, openFakeDaemon } from '../fake-daemon.ts';
import { runCommand } from '../run-command.ts';
import * as sample from '../sample-documents.ts';

let daemon: FakeDaemon | undefined;
afterEach(async () => {
  await daemon?.close();
  daemon = undefined;
});

/** The answer to the scripts for a line; what is behind its last blank stands at the cursor. */
async function lines(line: string, environment: Readonly<Record<string, string>> = { WEFT_SOCKET: '/nowhere' }) {
  const ran = await runCommand(['__complete', '--', ...line.split(' ')], { environment });
  expect(ran).toMatchObject({ code: 0, err: '' });
  return ran.out.split('\n').filter((text) => text !== '');
}

async function values(line: string, environment?: Readonly<Record<string, string>>) {
  return (await lines(line, environment)).map((text) => text.split('\t')[0]);
}

test.each([
  ['stat', ['status']],
  ['lab st', ['status', 'stop', 'start']],
  ['lab nothing ', []],
  ['nothing ', []],
  ['status ', ['--socket', '--json', '--help']],
  ['status --json ', ['--socket', '--help']],
  ['status --json --js', []],
  ['status --socket --js', [':files']],
  ['status -', ['--socket', '--json', '--help']],
  ['status -- -', []],
  ['agent --log-format ', ['text', 'json']],
  ['agent --log-format=te', ['--log-format=text']],
  ['agent --log-format text --log-level de', ['debug']],
  ['agent --unknown=te', []],
  ['get ', ['tenant', 'network', 'subnet', 'host', 'guest', 'port']],
  ['get port', ['port']],
  ['completion ', ['bash', 'zsh', 'fish']],
  ['apply -f ', [':files']],
  ['apply --file=x', [':files']],
  ['wireshark install --directory ', [':folders']],
  ['lab exec --lab x ', []],
  ['lab exec a30 --', [':files']],
  ['lab exec a30 -- ping -', [':files']],
  ['flow list --watch --li', ['--limit']],
  ['flow list --watch 3 --li', ['--limit']],
  ['explain --protocol t', ['tcp']],
  ['help lab sta', ['status', 'start']],
  ['help nothing ', []],
  ['help li', []],
])('weft %s<TAB>', async (line, expected) => {
  expect(await values(line)).toEqual(expected);
});

test('a name is told with what it is', async () => {
  expect(await lines('statu')).toEqual(['status\tshow how a mapping daemon or an agent is doing']);
});

test('every command is offered, and the word of the scripts is not', async () => {
  const known = await values('');
  expect(known).toContain('apply');
  expect(known).toContain('completion');
  expect(known).not.toContain('__complete');
});

const records = (kind: string, ...names: readonly string[]) => ({
  schema: 'netweft.records/v1',
  kind,
  revision: 1,
  records: names.map((name) => ({ kind, name })),
});
const ports = (...names: readonly string[]) => ({
  ...sample.PORTS,
  ports: names.map((name) => ({ ...sample.PORTS.ports[0], name })),
});

test.each([
  ['get host ', { 'GET /v1/records/host': records('host', 'x', 'y') }, ['x', 'y']],
  ['get hosts ', { 'GET /v1/records/host': records('host', 'x', 'y') }, ['x', 'y']],
  ['delete port b', { 'GET /v1/records/port': records('port', 'a30', 'b50') }, ['b50']],
  ['agent --host ', { 'GET /v1/records/host': records('host', 'x') }, ['x']],
  ['trace --port ', { 'GET /v1/records/port': records('port', 'a30') }, ['a30']],
  ['explain --port a', { 'GET /v1/ports': ports('a30', 'b50') }, ['a30']],
  ['explain --port=a', { 'GET /v1/ports': ports('a30', 'b50') }, ['--port=a30']],
  ['get nothing ', {}, []],
])('weft %s<TAB>, from a daemon', async (line, answers, expected) => {
  daemon = await openFakeDaemon(answers);
  expect(await values(line, { WEFT_SOCKET: daemon.socket })).toEqual(expected);
  expect(await values(line.replace(/ /, ` --socket ${daemon.socket} `), {})).toEqual(expected);
});

test('names that a shell would read as its own are left out', async () => {
  daemon = await openFakeDaemon({ 'GET /v1/ports': ports('good', '$(bad)', 'a b', 'x;y', '`z`', "q'") });
  expect(await values('explain --port ', { WEFT_SOCKET: daemon.socket })).toEqual(['good']);
});

test('a description is one line without control characters', async () => {
  const [port] = sample.PORTS.ports;
  daemon = await openFakeDaemon({ 'GET /v1/ports': { ...sample.PORTS, ports: [{ ...port, state: 'u\n\tp' }] } });
  expect(await lines('explain --port ', { WEFT_SOCKET: daemon.socket })).toHaveLength(1);
});

test('a daemon of another kind or of trouble gives nothing', async () => {
  daemon = await openFakeDaemon({ 'GET /v1/ports': new Error('fault') });
  expect(await values('explain --port ', { WEFT_SOCKET: daemon.socket })).toEqual([]);
  expect(await values('get port ', { WEFT_SOCKET: daemon.socket })).toEqual([]);
});

test('a daemon that does not answer is not waited for', async () => {
  daemon = await openFakeDaemon({ 'GET /v1/ports': new Promise(() => {}) });
  expect(await values('explain --port ', { WEFT_SOCKET: daemon.socket })).toEqual([]);
});

test('of very many names some are given', async () => {
  const names = Array.from({ length: 3000 }, (_, index) => `p${index}`);
  daemon = await openFakeDaemon({ 'GET /v1/ports': ports(...names) });
  expect(await values('explain --port ', { WEFT_SOCKET: daemon.socket })).toHaveLength(1000);
});

test.each(['bash', 'zsh', 'fish'])('weft completion %s prints a script for it', async (shell) => {
  const ran = await runCommand(['completion', shell]);
  expect(ran).toMatchObject({ code: 0, err: '' });
  expect(ran.out).toContain(`${shell} completion for weft`);
});
