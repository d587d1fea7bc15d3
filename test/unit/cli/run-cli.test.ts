import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { CONTROL_PORT, UNDERLAY_PORT } from '../../../src/cli/default-ports.ts';
import { DEFAULT_CONTROL_PORT, DEFAULT_UNDERLAY_PORT } from '../../../src/model/records.ts';
import { ROOT } from '../source-files.ts';
import { runCommand } from './run-command.ts';

const COMMANDS = [
  'apply',
  'get',
  'delete',
  'agreement list',
  'status',
  'port list',
  'flow list',
  'drops',
  'explain',
  'decode',
  'wireshark install',
  'wireshark path',
  'mapper',
  'agent',
  'lab',
];

test.each(COMMANDS)('weft %s --help teaches with examples', async (words) => {
  const ran = await runCommand([...words.split(' '), '--help']);
  expect(ran).toMatchObject({ code: 0, err: '' });
  expect(ran.out).toMatch(new RegExp(`\nExamples:\n  weft ${words}`));
  for (const line of ran.out.split('\n')) expect(line.length).toBeLessThanOrEqual(100);
});

test('the help names every command and the exit statuses', async () => {
  const ran = await runCommand(['--help']);
  for (const words of COMMANDS) expect(ran.out).toMatch(new RegExp(`\n  ${words.split(' ')[0]} `));
  expect(ran.out).toContain('Exit status:');
});

test('the version is that of the package', async () => {
  const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { version: string };
  expect(await runCommand(['--version'])).toEqual({ code: 0, out: `${version}\n`, err: '' });
});

test.each([
  ['', 'Usage: weft'],
  ['port', 'Usage: weft port'],
])('weft %s tells on standard error what there is', async (words, message) => {
  const ran = await runCommand(words.split(' ').filter((word) => word !== ''));
  expect(ran).toMatchObject({ code: 2, out: '' });
  expect(ran.err).toContain(message);
});

test.each([
  ['aply', "unknown command 'aply'; did you mean apply?"],
  ['port lst', "unknown command 'lst'; did you mean list?"],
  ['zzzzzz', "unknown command 'zzzzzz'; see weft help"],
  ['drops --jsn', "unknown option '--jsn'; did you mean --json?"],
  ['port list --zzzzzz', "unknown option '--zzzzzz'; see weft help port list"],
  ['drops extra', "too many arguments for 'drops'; expected 0 arguments but got 1"],
  ['apply', "required option '-f, --file <path>' not specified; see weft help apply"],
  ['get', "missing required argument 'kind'; see weft help get"],
  ['get planets', "unknown kind 'planets'; the kinds are tenant, network, subnet, host, guest, port"],
  ['get portss', "unknown kind 'portss'; the kinds are tenant, network, subnet, host, guest, port"],
  ['delete port', "missing required argument 'name'; see weft help delete"],
  ['flow list --limit 0', "option '--limit <n>' argument '0' is invalid; a whole number from 1 to 1000000 is wanted"],
  [
    'flow list --limit x\u001b\n',
    String.raw`option '--limit <n>' argument 'x\u001b\u000a' is invalid; a whole number from 1 to 1000000 is wanted`,
  ],
  [
    'agent --host x',
    `required options '--underlay <address[:port]>' and '--mapper <address[:port]>' not specified; give --config and a file with "underlay" and "mapper", or see weft help agent`,
  ],
  [
    'agent --host x --underlay 1.2.3 --mapper 1.2.3.4',
    "option '--underlay <address[:port]>' argument '1.2.3' is invalid; an IPv4 address is wanted, with :PORT where it is not 7790",
  ],
  [
    'agent --host x --underlay 1.2.3.4 --mapper 1.2.3.4 --fast-path magic',
    "option '--fast-path <name>' argument 'magic' is invalid; allowed choices are reference",
  ],
  [
    'agent --host x --underlay 1.2.3.4 --mapper 1.2.3.4 --frameworks udp/1.0,,',
    "option '--frameworks <names>' argument 'udp/1.0,,' is invalid; names separated by commas are wanted",
  ],
  [
    'agent --host BAD_NAME --underlay 1.2.3.4 --mapper 1.2.3.4',
    expect.stringMatching(
      /^option '--host <name>' argument 'BAD_NAME' is invalid; it must be lower-case letters, .* at most 63 characters$/,
    ),
  ],
  [
    'mapper --log-format xml',
    "option '--log-format <format>' argument 'xml' is invalid; allowed choices are text, json",
  ],
  ['help lab nope', "there is no command 'lab nope'; see weft help lab"],
  ['help drops extra', "there is no command 'drops extra'; see weft help drops"],
  ['help nope', "there is no command 'nope'; see weft help"],
])('weft %s is a usage error, told on standard error: what is wrong; what to do', async (words, message: unknown) => {
  const ran = await runCommand(words.split(' '));
  const [, told] = /^weft: (.*)\n$/.exec(ran.err) ?? [];
  expect({ ...ran, err: told }).toEqual({ code: 2, out: '', err: message });
});

test.each(['status', 'drops', 'get hosts', 'apply -f -', 'agent', 'mapper'])(
  'weft %s with an empty path of the socket is a usage error',
  async (words) => {
    expect(await runCommand([...words.split(' '), '--socket', ''])).toEqual({
      code: 2,
      out: '',
      err: "weft: option '--socket <path>' argument '' is invalid; a path is wanted\n",
    });
  },
);

test.each(['lab up', 'port list', 'apply'])('weft help %s is the help of that command', async (words) => {
  const ran = await runCommand(['help', ...words.split(' ')]);
  expect(ran).toEqual(await runCommand([...words.split(' '), '--help']));
  expect(ran).toMatchObject({ code: 0, err: '', out: expect.stringContaining(`Usage: weft ${words} `) });
});

test('weft help is the help of all', async () => {
  expect(await runCommand(['help'])).toEqual(await runCommand(['--help']));
});

test('the default ports are those of the records', () => {
  expect([UNDERLAY_PORT, CONTROL_PORT]).toEqual([DEFAULT_UNDERLAY_PORT, DEFAULT_CONTROL_PORT]);
});

test.each([
  [{}, '/run/netweft/mapper.sock', '/var/lib/netweft/mapper.db'],
  [{ RUNTIME_DIRECTORY: '/r:/other', STATE_DIRECTORY: '/s' }, '/r/mapper.sock', '/s/mapper.db'],
])('the folders of the service manager are used: %o', async (environment, socket, database) => {
  const ran = await runCommand(['mapper', '--help'], { environment });
  const words = ran.out.replace(/\s+/g, ' ');
  expect(words).toContain(`"${socket}"`);
  expect(words).toContain(`"${database}"`);
});
