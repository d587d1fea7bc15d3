/** Scripts cut columns: titles and their order stay as they are here. What is added goes to the end. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { stagesTable } from '../../../src/cli/explain-text.ts';
import { labText } from '../../../src/cli/lab-text.ts';
import { sourceFiles } from '../source-files.ts';
import { type FakeDaemon, openFakeDaemon } from './fake-daemon.ts';
import { runCommand } from './run-command.ts';
import * as sample from './sample-documents.ts';

let daemon: FakeDaemon | undefined;
afterEach(async () => {
  await daemon?.close();
  daemon = undefined;
});

/** The lines of titles in a text: only words in capitals. */
function titles(text: string): readonly string[] {
  const found = text.split('\n').filter((line) => /^[A-Z][A-Z/ ]+$/.test(line));
  return found.map((line) => line.replace(/ {2,}/g, '|').replace(/\|$/, ''));
}

const records = (kind: string) => ({ 'GET /v1/records/:kind': { ...sample.RECORDS, kind, records: [] } });

test.each([
  ['get tenants', records('tenant'), 'NAME|GNI|REVISION'],
  ['get networks', records('network'), 'NAME|TENANT|MTU|LABELS|REVISION'],
  ['get subnets', records('subnet'), 'NAME|NETWORK|PREFIX|REVISION'],
  ['get hosts', records('host'), 'NAME|UNDERLAY|STATE|REVISION'],
  ['get guests', records('guest'), 'NAME|TENANT|REVISION'],
  ['get ports', records('port'), 'NAME|GUEST|SUBNET|ADDRESSES|HOST|DEVICE|STATE|REVISION'],
  ['agreement list', { 'GET /v1/agreements': sample.AGREEMENTS }, 'ID|SENDER|RECEIVER|FRAMEWORK|REVISION'],
  ['status', { 'GET /v1/status': sample.MAPPER_STATUS }, 'HOST|STATE|UNDERLAY|PORTS UP|HEARD|VERSION|FRAMEWORKS'],
  ['status', { 'GET /v1/status': sample.AGENT_STATUS }, 'COUNTER|SINCE START'],
  ['port list', { 'GET /v1/ports': sample.PORTS }, 'NAME|STATE|DEVICE|NAMESPACE|GNI|ADDRESSES|MTU|FLOWS'],
  ['flow list', { 'GET /v1/flows': sample.FLOWS }, 'FROM|PROTO|SOURCE|DESTINATION|OUTCOME|PACKETS|IDLE|AGREEMENT'],
  ['drops', { 'GET /v1/drops': sample.DROPS }, 'PACKETS|REASON|MEANING'],
])('weft %s', async (words, answers, expected) => {
  daemon = await openFakeDaemon(answers);
  const ran = await runCommand([...words.split(' '), '--socket', daemon.socket]);
  expect(ran).toMatchObject({ code: 0, err: '' });
  expect(titles(ran.out)).toEqual([expected]);
});

test('weft explain and weft trace', () => {
  expect(titles(stagesTable([]))).toEqual(['STAGE|VERDICT|WHAT IT SAW']);
});

test('weft lab', () => {
  expect(titles(labText(sample.LAB))).toEqual([
    'DAEMON|STATE|UNDERLAY|NAMESPACE|SOCKET',
    'GUEST|TENANT|ADDRESSES|HOST|NAMESPACE|DEVICE',
  ]);
});

test('weft config check', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'weft-columns-'));
  writeFileSync(join(folder, 'agent.yaml'), 'config: netweft.agent/v1\n');
  const ran = await runCommand(['config', 'check', join(folder, 'agent.yaml')]);
  rmSync(folder, { recursive: true });
  expect(titles(ran.out)).toEqual(['KEY|VALUE|FROM|RELOADABLE']);
});

test('there is no other table', () => {
  const files = sourceFiles('src', ['.ts']).filter(({ path }) => !path.startsWith('src/cli/bugreport/'));
  const calls = files.flatMap(({ path, text }) =>
    [...text.matchAll(/(?<!function )\bformatTable\(/g)].map(() => path.replace('src/cli/', '')),
  );
  expect(calls.toSorted()).toEqual([
    'commands/agreement.ts',
    'commands/bugreport.ts',
    'commands/config.ts',
    'commands/drops.ts',
    'commands/get.ts',
    'commands/port.ts',
    'explain-text.ts',
    'flow-table.ts',
    'lab-text.ts',
    'lab-text.ts',
    'status-text.ts',
    'status-text.ts',
  ]);
});
