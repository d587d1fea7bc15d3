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
  ['aply', 'Did you mean apply?'],
  ['port lst', 'Did you mean list?'],
  ['port', 'Usage: weft port'],
  ['drops --jsn', 'Did you mean --json?'],
  ['drops extra', 'too many arguments'],
  ['apply', "required option '-f, --file <path>'"],
  ['get', "missing required argument 'kind'"],
  ['get planets', 'the kinds are tenant, network, subnet, host, guest, port'],
  ['get portss', 'the kinds are'],
  ['delete port', "missing required argument 'name'"],
  ['flow list --limit 0', 'from 1 to 1000000'],
  ['flow list --limit x', 'from 1 to 1000000'],
  ['agent --host x', "required option '--underlay <address[:port]>'"],
  ['agent --host x --underlay 1.2.3 --mapper 1.2.3.4', 'An IPv4 address is wanted'],
  ['agent --host x --underlay 1.2.3.4 --mapper 1.2.3.4 --fast-path magic', 'Allowed choices are reference'],
  ['agent --host x --underlay 1.2.3.4 --mapper 1.2.3.4 --frameworks udp/1.0,,', 'separated by commas'],
  ['agent --host BAD_NAME --underlay 1.2.3.4 --mapper 1.2.3.4', "'BAD_NAME' is no name of a host: lower-case letters"],
  ['mapper --log-format xml', 'Allowed choices are text, json'],
  ['mapper --log-level loud', 'Allowed choices are debug, info, warn, error'],
])('weft %s is a usage error, told on standard error', async (words, message) => {
  const ran = await runCommand(words.split(' ').filter((word) => word !== ''));
  expect(ran).toMatchObject({ code: 2, out: '' });
  expect(ran.err).toContain(message);
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
