import { afterEach, expect, test } from 'vitest';
import type { AdminDocument } from '../../../src/admin/documents.ts';
import { UserError } from '../../../src/base/errors.ts';
import { type FakeDaemon, openFakeDaemon } from './fake-daemon.ts';
import { type Ran, runCommand, type World } from './run-command.ts';
import * as sample from './sample-documents.ts';

let daemon: FakeDaemon | undefined;

afterEach(async () => {
  await daemon?.close();
  daemon = undefined;
});

/** Runs a command against a daemon that answers as the table says. */
async function run(words: string, answers: Readonly<Record<string, unknown>>, world: World = {}): Promise<Ran> {
  daemon = await openFakeDaemon(answers);
  return runCommand([...words.split(' '), '--socket', daemon.socket], world);
}

const READS: readonly (readonly [words: string, route: string, document: AdminDocument])[] = [
  ['status', 'GET /v1/status', sample.MAPPER_STATUS],
  ['status', 'GET /v1/status', sample.AGENT_STATUS],
  ['get ports', 'GET /v1/records/port', sample.RECORDS],
  ['get port a30', 'GET /v1/records/port/a30', sample.RECORDS],
  ['delete port a30', 'DELETE /v1/records/port/a30', sample.DELETE],
  ['agreement list', 'GET /v1/agreements', sample.AGREEMENTS],
  ['port list', 'GET /v1/ports', sample.PORTS],
  ['flow list', 'GET /v1/flows', sample.FLOWS],
  ['drops', 'GET /v1/drops', sample.DROPS],
];

test.each(READS)('weft %s: %s, as text', async (words, route, document) => {
  const ran = await run(words, { [route]: document });
  expect(ran).toMatchObject({ code: 0, err: '' });
  expect(ran.out).toMatchSnapshot();
  for (const line of ran.out.split('\n')) expect(line.length).toBeLessThanOrEqual(100);
});

test.each(READS)('weft %s --json: %s, the document as it is', async (words, route, document) => {
  const later = { ...document, addedLater: 1 };
  const ran = await run(`${words} --json`, { [route]: later });
  expect(ran).toMatchObject({ code: 0, err: '' });
  expect(JSON.parse(ran.out)).toEqual(later);
});

test('the limit of flows is asked of the daemon', async () => {
  await run('flow list --limit 3', { 'GET /v1/flows': sample.FLOWS });
  expect(daemon?.asked).toEqual([{ request: 'GET /v1/flows?limit=3', body: undefined }]);
});

test('WEFT_SOCKET names the daemon, --socket overrides it', async () => {
  daemon = await openFakeDaemon({ 'GET /v1/drops': sample.DROPS });
  const good = { WEFT_SOCKET: daemon.socket };
  const bad = { WEFT_SOCKET: '/nonexistent/weft.sock' };
  expect(await runCommand(['drops'], { environment: good })).toMatchObject({ code: 0 });
  expect(await runCommand(['drops'], { environment: bad })).toMatchObject({ code: 3 });
  expect(await runCommand(['drops', '--socket', daemon.socket], { environment: bad })).toMatchObject({ code: 0 });
});

test.each(['status', 'get hosts', 'port list', 'flow list', 'drops', 'agreement list', 'delete port a30'])(
  'weft %s without a daemon: one line with what to do, status 3',
  async (words) => {
    const ran = await runCommand([...words.split(' '), '--socket', '/nonexistent/weft.sock']);
    expect(ran).toMatchObject({ code: 3, out: '' });
    expect(ran.err).toBe(
      'weft: no daemon answers on /nonexistent/weft.sock: ENOENT; ' +
        'start `weft mapper` or `weft agent`, or name its socket with --socket or WEFT_SOCKET\n',
    );
  },
);

test('a record that is not there: status 5', async () => {
  const missing = new UserError('not-found', 'there is no port c1', 'see `weft get ports`');
  const ran = await run('get port c1', { 'GET /v1/records/port/c1': missing });
  expect(ran).toEqual({ code: 5, out: '', err: 'weft: there is no port c1; see `weft get ports`\n' });
});

test('a refusal: status 1, with its hint', async () => {
  const used = new UserError('conflict', 'guest/g is used by port/a30', 'delete the port first');
  const ran = await run('delete guest g', { 'DELETE /v1/records/guest/g': used });
  expect(ran).toEqual({ code: 1, out: '', err: 'weft: guest/g is used by port/a30; delete the port first\n' });
});

test.each(['../agreements', 'a?b', 'a#b', 'ä b'])('the name %j stays a name', async (name) => {
  daemon = await openFakeDaemon({ 'GET /v1/records/port/:name': sample.RECORDS });
  expect(await runCommand(['get', 'port', name, '--socket', daemon.socket])).toMatchObject({ code: 0 });
  const asked = daemon.asked[0]?.request.replace('GET /v1/records/port/', '') ?? '';
  expect(asked).not.toMatch(/[/?# ]/);
  expect(decodeURIComponent(asked)).toBe(name);
});

test('asking the agent what the mapping daemon knows says so', async () => {
  const ran = await run('get hosts', { 'GET /v1/ports': sample.PORTS });
  expect(ran.code).toBe(1);
  expect(ran.err).toContain('ask the mapping daemon for records, agreements and traces');
});

test.each(['status', 'drops'])('weft %s: a document of a later schema is not shown as this one', async (words) => {
  const ran = await run(words, { [`GET /v1/${words}`]: { schema: `netweft.${words}/v9` } });
  expect(ran).toMatchObject({ code: 1, out: '' });
  expect(ran.err).toContain(`netweft.${words}/v9`);
});

test('nothing that a daemon says controls the terminal', async () => {
  const hostile = 'a\u001b]0;x\u0007\nb\u009b2J';
  const reasons = [{ reason: hostile, meaning: hostile, packets: 1 }];
  const text = await run('drops', { 'GET /v1/drops': { ...sample.DROPS, reasons } });
  await daemon?.close();
  const json = await run('drops --json', { 'GET /v1/drops': { ...sample.DROPS, reasons } });
  await daemon?.close();
  const error = await run('drops', { 'GET /v1/drops': new UserError('invalid', 'x\u001b[2J', hostile) });
  expect(text.out.split('\n')).toHaveLength(3);
  for (const printed of [text.out, json.out, error.err]) {
    expect(printed.replaceAll('\n', '')).not.toMatch(/\p{Cc}/u);
  }
  expect(JSON.parse(json.out).reasons).toEqual(reasons);
});

test('drops are red on a terminal that wants colours, and alike otherwise', async () => {
  const plain = await run('flow list', { 'GET /v1/flows': sample.FLOWS });
  await daemon?.close();
  const coloured = await run('flow list', { 'GET /v1/flows': sample.FLOWS }, { hasColour: true });
  expect(coloured.out).toContain('\u001b[31mb30');
  expect(coloured.out.replaceAll('\u001b[31m', '').replaceAll('\u001b[39m', '')).toBe(plain.out);
});

test('nothing to show is still said', async () => {
  const none = await run('drops', { 'GET /v1/drops': { ...sample.DROPS, reasons: [] } });
  expect(none.out).toBe('nothing dropped (0 reasons are counted)\n');
  await daemon?.close();
  const ports = await run('port list', { 'GET /v1/ports': { ...sample.PORTS, ports: [] } });
  expect(ports.out).toBe('NAME  STATE  DEVICE  NAMESPACE  GNI  ADDRESSES  MTU  FLOWS\n');
});
