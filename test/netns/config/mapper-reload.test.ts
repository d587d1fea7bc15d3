/** A mapping daemon as a process, its configuration file and SIGHUP. */
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { adminRequest } from '../../../src/admin/client.ts';
import { LoggedDaemon } from '../../kit/netns/logged-daemon.ts';
import { RUN_MARK } from '../../kit/run-mark.ts';

const running: LoggedDaemon[] = [];
let folder = '';
let file = '';

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), `weft-${RUN_MARK}-`));
  file = join(folder, 'mapper.yaml');
});

afterEach(async () => {
  const statuses = await Promise.all(running.splice(0).map((daemon) => daemon.end()));
  rmSync(folder, { recursive: true });
  expect(statuses).toEqual(statuses.map(() => 0));
});

/** A loopback address that only this process uses. */
const LISTEN = `127.${(process.pid >> 16) & 255}.${(process.pid >> 8) & 255}.${1 + (process.pid % 254)}`;

function configuration(...more: string[]): string {
  return [
    'config: netweft.mapper/v1',
    `listen: ${LISTEN}`,
    `socket: ${folder}/m.sock`,
    `database: ${folder}/m.db`,
    ...more,
    '',
  ].join('\n');
}

function write(...more: string[]): void {
  writeFileSync(file, configuration(...more));
}

async function start(...words: string[]): Promise<LoggedDaemon> {
  const daemon = new LoggedDaemon(['mapper', '--config', file, ...words], process.env);
  running.push(daemon);
  await daemon.said('started');
  return daemon;
}

function addTenant(name: string, gni: number): Promise<unknown> {
  return adminRequest(join(folder, 'm.sock'), 'POST', '/v1/apply', {
    records: [{ kind: 'tenant', spec: { name, gni } }],
  });
}

test('a wrong file: every problem in one line, status 1, and nothing is begun', async () => {
  write('limits: {records: 0}', 'metrics: 0.0.0.0:1', 'restored: true');
  const daemon = new LoggedDaemon(['mapper', '--config', file], process.env);
  expect(await daemon.ended()).toBe(1);
  expect(daemon.out).toBe('');
  expect(daemon.err.trimEnd().split('\n')).toEqual([
    `weft: ${file}:5:10: "limits.records" is 0, it must be a number from 1 to 50000 (records)`,
    `${file}:6:1: "metrics" is "0.0.0.0:1", it must be unix:/PATH or a loopback address with its port, such as 127.0.0.1:9790, since whoever reaches metrics may read them`,
    expect.stringContaining(`${file}:7:1: unknown key "restored"; known keys are config, listen, `),
  ]);
});

test('everything is where the file says', async () => {
  write('log: {format: json}', `metrics: unix:${folder}/metrics.sock`);
  await start();
  await addTenant('a', 1);
  expect(statSync(join(folder, 'm.db')).isFile()).toBe(true);
  expect(statSync(join(folder, 'metrics.sock')).isSocket()).toBe(true);
  const status = await adminRequest(join(folder, 'm.sock'), 'GET', '/v1/status');
  expect(status).toMatchObject({ listen: `${LISTEN}:7791` });
});

test('SIGHUP takes what may change, as a whole, and refuses everything else', async () => {
  write('log: {format: json}', 'limits: {records: 1}');
  const daemon = await start();
  await addTenant('a', 1);
  await expect(addTenant('b', 2)).rejects.toThrow('more than 1 records');

  write('log: {format: json}', 'limits: {records: 2}');
  daemon.signal('SIGHUP');
  expect(await daemon.said('reloaded')).toMatchObject({ level: 'info', file, changed: ['limits.records'] });
  await addTenant('b', 2);

  write('log: {format: json, level: loud}', 'limits: {records: 3, hosts: 1, heartbeatMs: 2000}');
  daemon.signal('SIGHUP');
  const refused = await daemon.said('reload-refused');
  expect(refused).toMatchObject({ level: 'warn' });
  expect(String(refused['error']).split('\n')).toEqual([
    `${file}:5:21: "log.level" is "loud", it must be debug, info, warn or error`,
    `${file}:6:32: "limits.heartbeatMs" would change from 1000 to 2000, which a running mapper cannot; restart it, or put the old value back`,
  ]);
  await expect(addTenant('c', 3)).rejects.toThrow('more than 2 records');
});

test('a file that is gone, unreadable or no file is refused, and the daemon goes on', async () => {
  write('log: {format: json}');
  const daemon = await start();
  rmSync(file);
  daemon.signal('SIGHUP');
  expect(await daemon.said('reload-refused')).toMatchObject({ error: `there is no file ${file}` });
  writeFileSync(file, Uint8Array.of(0xff));
  daemon.signal('SIGHUP');
  expect(await daemon.said('reload-refused')).toMatchObject({ error: `${file} is not UTF-8 text` });
  await addTenant('a', 1);
  write('log: {format: json}');
  daemon.signal('SIGHUP');
  expect(await daemon.said('reloaded')).toMatchObject({ changed: [] });
});

test('the log changes its level and form; options stay what they were', async () => {
  write('log: {format: json, level: error}');
  const daemon = await start('--log-level', 'info');
  write('log: {format: text, level: debug}');
  daemon.signal('SIGHUP');
  await expect.poll(() => daemon.out).toMatch(/ INFO {2}mapper reloaded file=\S+ changed=\["log\.format"\]\n/);
  write('log: {format: json, level: warn}');
  daemon.signal('SIGHUP');
  expect(await daemon.said('reloaded')).toMatchObject({ changed: ['log.format'] });
});

test('without a file there is nothing to read again', async () => {
  const daemon = new LoggedDaemon(
    [
      'mapper',
      '--listen',
      LISTEN,
      '--socket',
      `${folder}/m.sock`,
      '--database',
      `${folder}/m.db`,
      '--log-format',
      'json',
    ],
    process.env,
  );
  running.push(daemon);
  await daemon.said('started');
  daemon.signal('SIGHUP');
  expect(await daemon.said('reload-ignored')).toMatchObject({ level: 'warn' });
});
