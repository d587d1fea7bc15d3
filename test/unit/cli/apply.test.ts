import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type FakeDaemon, openFakeDaemon } from './fake-daemon.ts';
import { runCommand } from './run-command.ts';
import { APPLY } from './sample-documents.ts';

const CLOUD = `cloud: netweft/v1
tenants:
  - name: a
    gni: 1001
networks:
  - name: a-net
    tenant: a
`;
const RECORDS = [
  { kind: 'tenant', spec: { name: 'a', gni: 1001 } },
  { kind: 'network', spec: { name: 'a-net', tenant: 'a' } },
];

let daemon: FakeDaemon;
let folder: string;

beforeEach(async () => {
  daemon = await openFakeDaemon({ 'POST /v1/apply': APPLY });
  folder = mkdtempSync(join(tmpdir(), 'weft-'));
});

afterEach(async () => {
  await daemon.close();
  rmSync(folder, { recursive: true, force: true });
});

test('the records of a file go to the mapping daemon, and what became of each is told', async () => {
  const file = join(folder, 'cloud.yaml');
  writeFileSync(file, CLOUD);
  const ran = await runCommand(['apply', '-f', file, '--socket', daemon.socket]);
  expect(ran).toEqual({
    code: 0,
    out: 'tenant/a created\nnetwork/a-net unchanged\n1 created, 0 changed, 1 unchanged\n',
    err: '',
  });
  expect(daemon.asked).toEqual([{ request: 'POST /v1/apply', body: { records: RECORDS } }]);
});

test('- is standard input', async () => {
  const ran = await runCommand(['apply', '-f', '-', '--json', '--socket', daemon.socket], { input: CLOUD });
  expect(JSON.parse(ran.out)).toEqual(APPLY);
  expect(daemon.asked).toEqual([{ request: 'POST /v1/apply', body: { records: RECORDS } }]);
});

test('what a file refers to may be with the daemon already', async () => {
  const input = CLOUD.replace(/tenants:[\s\S]*networks:/, 'networks:');
  const ran = await runCommand(['apply', '-f', '-', '--socket', daemon.socket], { input });
  expect(ran).toMatchObject({ code: 0, err: '' });
  expect(daemon.asked).toEqual([{ request: 'POST /v1/apply', body: { records: RECORDS.slice(1) } }]);
});

test('errors of the file name their lines, and nothing is sent', async () => {
  const input = CLOUD.replace('1001', 'many').replace('tenant: a', 'tenant: A');
  const ran = await runCommand(['apply', '-f', '-', '--socket', daemon.socket], { input });
  expect(ran).toMatchObject({ code: 1, out: '' });
  expect(ran.err).toContain('standard input:4: ');
  expect(ran.err).toContain('standard input:7: ');
  expect(daemon.asked).toEqual([]);
});

test('a file that is not there: status 5', async () => {
  const ran = await runCommand(['apply', '-f', '/nonexistent.yaml', '--socket', daemon.socket]);
  expect(ran).toEqual({
    code: 5,
    out: '',
    err: 'weft: no such file: /nonexistent.yaml; check the path given with -f\n',
  });
});

test('a folder is no file', async () => {
  const ran = await runCommand(['apply', '-f', folder, '--socket', daemon.socket]);
  expect(ran).toMatchObject({ code: 1, err: `weft: cannot read ${folder}: EISDIR; check the path given with -f\n` });
});
