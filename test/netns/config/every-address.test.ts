/** A mapping daemon that listens everywhere, on a machine with several addresses, in a namespace of its own. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { LoggedDaemon } from '../../kit/netns/logged-daemon.ts';
import { MAIN } from '../../kit/netns/test-lab.ts';
import { RUN_MARK } from '../../kit/run-mark.ts';

const NAMESPACE = `wt-every-${process.pid}-${RUN_MARK}`;
const CLOUD = `cloud: netweft/v1
hosts:
  - {name: x, underlay: 198.19.8.11}
  - {name: y, underlay: 198.19.8.12}
`;
const folder = mkdtempSync(join(tmpdir(), `weft-${RUN_MARK}-`));
const socket = join(folder, 'mapper.sock');
const daemons: LoggedDaemon[] = [];

function ip(...words: string[]): void {
  execFileSync('ip', words);
}

function start(...words: string[]): LoggedDaemon {
  const daemon = new LoggedDaemon([...words, '--log-format', 'json'], process.env, NAMESPACE);
  daemons.push(daemon);
  return daemon;
}

function agent(host: string, underlay: string, mapper: string): LoggedDaemon {
  const files = ['--socket', join(folder, `${host}.sock`)];
  return start('agent', '--host', host, '--underlay', underlay, '--mapper', mapper, ...files);
}

beforeAll(async () => {
  ip('netns', 'add', NAMESPACE);
  ip('-n', NAMESPACE, 'link', 'set', 'lo', 'up');
  ip('-n', NAMESPACE, 'link', 'add', 'under', 'type', 'bridge');
  ip('-n', NAMESPACE, 'link', 'set', 'under', 'up');
  // The kernel answers from the first of them unless it is told otherwise.
  for (const last of [11, 12, 2]) ip('-n', NAMESPACE, 'address', 'add', `198.19.8.${last}/24`, 'dev', 'under');
  await start('mapper', '--socket', socket, '--database', join(folder, 'mapper.db')).said('started');
  writeFileSync(join(folder, 'cloud.yaml'), CLOUD);
  execFileSync(process.execPath, [MAIN, 'apply', '-f', join(folder, 'cloud.yaml'), '--socket', socket]);
});

afterAll(async () => {
  const ended = await Promise.all(daemons.toReversed().map((daemon) => daemon.end()));
  ip('netns', 'delete', NAMESPACE);
  rmSync(folder, { recursive: true });
  expect(ended).toEqual(daemons.map(() => 0));
});

test('answers an agent from the address that the agent speaks to', async () => {
  await agent('x', '198.19.8.11', '198.19.8.2').said('registered');
});

test('listens on an address that comes later', async () => {
  ip('-n', NAMESPACE, 'address', 'add', '198.19.8.3/24', 'dev', 'under');
  const [mapper] = daemons;
  expect(await mapper?.said('address-added')).toMatchObject({ listen: '198.19.8.3:7791' });
  await agent('y', '198.19.8.12', '198.19.8.3').said('registered');
});
