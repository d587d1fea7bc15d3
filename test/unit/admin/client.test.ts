import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type RequestListener } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { adminRequest } from '../../../src/admin/client.ts';

let folder: string;
let socket: string;
let stop: (() => void) | undefined;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'weft-'));
  socket = join(folder, 'test.sock');
});

afterEach(() => {
  stop?.();
  stop = undefined;
  rmSync(folder, { recursive: true, force: true });
});

async function serve(answer: RequestListener): Promise<void> {
  const server = createServer(answer).listen(socket);
  await once(server, 'listening');
  stop = () => {
    server.close();
    server.closeAllConnections();
  };
}

test('no daemon: unreachable, with what to do', async () => {
  await expect(adminRequest(socket, 'GET', '/v1/status')).rejects.toMatchObject({
    name: 'UserError',
    code: 'unreachable',
    message: `no daemon answers on ${socket}: ENOENT`,
    hint: expect.stringContaining('--socket'),
  });
});

test.each([
  ['text that is no JSON', 'hello'],
  ['JSON without a schema', '{"a":1}'],
  ['JSON that is no object', 'null'],
  ['nothing', ''],
])('a stranger answers %s: unreachable', async (_, text) => {
  await serve((_request, response) => response.end(text));
  await expect(adminRequest(socket, 'GET', '/v1/status')).rejects.toMatchObject({ code: 'unreachable' });
});

test('a daemon that goes away in the middle: unreachable', async () => {
  await serve((_request, response) => {
    response.writeHead(200, { 'content-length': '100' });
    response.write('{', () => response.destroy());
  });
  await expect(adminRequest(socket, 'GET', '/v1/status')).rejects.toMatchObject({ code: 'unreachable' });
});

test('a daemon that takes longer than one waits: not unreachable, since it may still do it', async () => {
  await serve(() => {});
  await expect(adminRequest(socket, 'POST', '/v1/apply', {}, 50)).rejects.toMatchObject({
    name: 'UserError',
    code: 'unfinished',
    message: `the daemon on ${socket} has not answered within 0.05 seconds, and may still be carrying the request out`,
    hint: expect.stringContaining('weft status'),
  });
});

test('an error code of a later version is still told', async () => {
  const error = { code: 'too-new', message: 'something new', hint: 'upgrade' };
  await serve((_request, response) => response.end(JSON.stringify({ schema: 'netweft.error/v1', error })));
  await expect(adminRequest(socket, 'GET', '/v1/status')).rejects.toThrow('something new; upgrade');
});
