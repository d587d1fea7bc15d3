import { existsSync, linkSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createConnection, createServer } from 'node:net';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { adminRequest } from '../../../src/admin/client.ts';
import type { DropsDocument } from '../../../src/admin/documents.ts';
import { type AdminServer, MAX_BODY_BYTES, openAdminServer } from '../../../src/admin/server.ts';
import { USER_ERROR_CODES, UserError, type UserErrorCode } from '../../../src/base/errors.ts';
import { type Logger, silentLogger } from '../../../src/base/log.ts';

const DOCUMENT: DropsDocument = { schema: 'netweft.drops/v1', reasons: [] };

let folder: string;
let socket: string;
const opened: AdminServer[] = [];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'weft-'));
  socket = join(folder, 'test.sock');
});

afterEach(async () => {
  await Promise.all(opened.splice(0).map((server) => server.close()));
  rmSync(folder, { recursive: true, force: true });
});

async function open(path = socket, log: Logger = silentLogger): Promise<AdminServer> {
  const server = await openAdminServer({
    socket: path,
    log,
    routes(app) {
      app.get('/v1/drops', () => DOCUMENT);
      app.post('/v1/apply', (request) => ({ ...DOCUMENT, echo: request.body }));
      app.get<{ Params: { code: UserErrorCode } }>('/v1/refuse/:code', (request) => {
        throw new UserError(request.params.code, 'what is wrong', 'what to do');
      });
      app.get('/v1/fault', () => {
        throw new TypeError('secret detail');
      });
    },
  });
  opened.push(server);
  return server;
}

function rawExchange(text: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const connection = createConnection(socket);
    let answer = '';
    connection.on('data', (chunk) => {
      answer += chunk.toString();
    });
    connection.on('end', () => resolve(answer));
    connection.on('error', reject);
    connection.write(text);
  });
}

test('only the owner may use the socket, and nothing is left beside it', async () => {
  await open();
  expect(statSync(socket).isSocket()).toBe(true);
  expect(statSync(socket).mode & 0o777).toBe(0o600);
  expect(readdirSync(folder)).toEqual(['test.sock']);
});

test('documents go through, in both directions', async () => {
  await open();
  expect(await adminRequest(socket, 'GET', '/v1/drops')).toEqual(DOCUMENT);
  const body = { text: 'zwölf', list: [1, 2] };
  expect(await adminRequest(socket, 'POST', '/v1/apply', body)).toEqual({ ...DOCUMENT, echo: body });
});

test('the folder of the socket is made, the socket goes when the server closes', async () => {
  const path = join(folder, 'run', 'deep', 'a.sock');
  const server = await open(path);
  expect(await adminRequest(path, 'GET', '/v1/drops')).toEqual(DOCUMENT);
  await server.close();
  expect(existsSync(path)).toBe(false);
});

test('closing ends connections that are open', async () => {
  const server = await open();
  const connection = createConnection(socket);
  await once(connection, 'connect');
  const closed = once(connection, 'close');
  await server.close();
  await closed;
});

test('a second daemon on the same socket is refused, and the first one keeps working', async () => {
  await open();
  await expect(open()).rejects.toMatchObject({ name: 'UserError', code: 'in-use' });
  expect(await adminRequest(socket, 'GET', '/v1/drops')).toEqual(DOCUMENT);
});

test('the socket that a killed daemon left is replaced', async () => {
  const dead = createServer().listen(join(folder, 'live.sock'));
  await once(dead, 'listening');
  // The server removes the name that it bound, so that this other one stays without a listener.
  linkSync(join(folder, 'live.sock'), socket);
  dead.close();
  await once(dead, 'close');
  await expect(adminRequest(socket, 'GET', '/v1/drops')).rejects.toMatchObject({ code: 'unreachable' });
  await open();
  expect(await adminRequest(socket, 'GET', '/v1/drops')).toEqual(DOCUMENT);
});

test('a file that is no socket is never replaced', async () => {
  writeFileSync(socket, 'precious');
  await expect(open()).rejects.toMatchObject({ name: 'UserError', code: 'in-use' });
  expect(statSync(socket).size).toBe('precious'.length);
});

test('a path that the kernel cannot bind is refused with its limit', async () => {
  const long = join(folder, 'x'.repeat(120));
  await expect(open(long)).rejects.toMatchObject({ name: 'UserError', code: 'invalid' });
  expect(readdirSync(folder)).toEqual([]);
});

test('a folder that cannot be is told', async () => {
  writeFileSync(socket, '');
  await expect(open(join(socket, 'a.sock'))).rejects.toMatchObject({ name: 'UserError', code: 'invalid' });
});

test.each(USER_ERROR_CODES)('the refusal `%s` arrives as it was thrown', async (code) => {
  await open();
  await expect(adminRequest(socket, 'GET', `/v1/refuse/${code}`)).rejects.toMatchObject({
    name: 'UserError',
    code,
    message: 'what is wrong',
    hint: 'what to do',
  });
  expect(await rawExchange(`GET /v1/refuse/${code} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n`)).toMatch(
    /^HTTP\/1\.1 (4\d\d|503) /,
  );
});

test('a fault is logged with its request, and its details stay in the log', async () => {
  const logged: unknown[] = [];
  await open(socket, { ...silentLogger, error: (event, fields) => logged.push([event, fields]) });
  const failed = adminRequest(socket, 'GET', '/v1/fault');
  await expect(failed).rejects.not.toMatchObject({ name: 'UserError' });
  await expect(failed).rejects.not.toThrow(/secret/);
  expect(logged).toEqual([
    ['request-failed', { request: 'GET /v1/fault', error: expect.objectContaining({ message: 'secret detail' }) }],
  ]);
});

test('an unknown route says whom else to ask', async () => {
  await open();
  await expect(adminRequest(socket, 'GET', '/v1/nothing')).rejects.toMatchObject({
    name: 'UserError',
    code: 'unsupported',
    message: 'this daemon does not answer GET /v1/nothing',
  });
});

test('a body past the limit is refused, one of many records is not', async () => {
  await open();
  const fits = { text: 'x'.repeat(MAX_BODY_BYTES - 100) };
  expect(await adminRequest(socket, 'POST', '/v1/apply', fits)).toMatchObject({ schema: DOCUMENT.schema });
  await expect(adminRequest(socket, 'POST', '/v1/apply', `x${fits.text}${fits.text}`)).rejects.toMatchObject({
    code: 'limit',
  });
});

test('a body that is no JSON is refused', async () => {
  await open();
  const head = 'POST /v1/apply HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\nconnection: close\r\n';
  const answer = await rawExchange(`${head}content-length: 5\r\n\r\n{"a":`);
  expect(answer).toMatch(/^HTTP\/1\.1 400 /);
  expect(JSON.parse(answer.slice(answer.indexOf('{')))).toMatchObject({
    schema: 'netweft.error/v1',
    error: { code: 'invalid' },
  });
});
