import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { type AddressInfo, createConnection, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { silentLogger } from '../../../src/base/log.ts';
import { MetricsRegistry } from '../../../src/metrics/registry.ts';
import { MAX_CONNECTIONS, type MetricsServer, openMetricsServer } from '../../../src/metrics/metrics-server.ts';
import { serveMetrics } from '../../../src/metrics/serve-metrics.ts';
import { parseExposition } from '../../kit/exposition.ts';
import { recordedLog } from '../../kit/recorded-log.ts';

let folder: string;
let socket: string;
const opened: MetricsServer[] = [];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'weft-metrics-'));
  socket = join(folder, 'metrics.sock');
});

afterEach(async () => {
  for (const server of opened.splice(0)) await server.close();
  rmSync(folder, { recursive: true, force: true });
});

function registry(): MetricsRegistry {
  const made = new MetricsRegistry();
  made.counter({ name: 'netweft_test_total', help: 'Of a test.' }, () => 3);
  return made;
}

async function open(listen: string, from = registry(), log = silentLogger): Promise<MetricsServer> {
  const server = await serveMetrics(listen, { registry: from, log });
  opened.push(server);
  return server;
}

interface Answer {
  readonly status: number;
  readonly type: string | undefined;
  readonly text: string;
}

interface Question {
  readonly socketPath?: string;
  readonly port?: number;
  readonly method?: string;
  readonly path?: string;
  readonly body?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

async function ask(options: Question) {
  const { body, ...rest } = options;
  const length = body === undefined ? {} : { 'content-length': Buffer.byteLength(body) };
  const headers = { ...length, ...options.headers };
  const asked = request({ path: '/metrics', host: '127.0.0.1', agent: false, ...rest, headers });
  asked.end(body);
  const [response] = (await once(asked, 'response')) as [import('node:http').IncomingMessage];
  let text = '';
  for await (const chunk of response) text += String(chunk);
  return { status: response.statusCode ?? 0, type: response.headers['content-type'], text } satisfies Answer;
}

/** What comes back on a connection until it ends. */
async function raw(text: string): Promise<string> {
  const connection = createConnection(socket);
  let answer = '';
  connection.on('data', (chunk) => {
    answer += String(chunk);
  });
  connection.write(text);
  await closing(connection);
  return answer;
}

/** However it comes to its end. */
async function closing(connection: Socket): Promise<void> {
  connection.on('error', () => {});
  await new Promise((resolve) => connection.once('close', resolve));
}

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = probe.address() as AddressInfo;
  probe.close();
  await once(probe, 'close');
  return port;
}

test('a Unix socket of its owner alone answers with the metrics of daemon and process', async () => {
  const server = await open(`unix:${socket}`);
  expect(statSync(socket).mode & 0o777).toBe(0o600);
  const answer = await ask({ socketPath: socket });
  expect(answer).toMatchObject({ status: 200, type: 'text/plain; version=0.0.4; charset=utf-8' });
  const metrics = parseExposition(answer.text);
  expect(metrics.get('netweft_test_total')?.samples).toMatchObject([{ value: 3 }]);
  const now = Date.now() / 1000;
  const started = metrics.get('process_start_time_seconds')?.samples[0]?.value ?? 0;
  expect(started).toBeLessThan(now);
  for (const name of ['process_resident_memory_bytes', 'process_open_fds', 'nodejs_heap_size_used_bytes']) {
    expect(metrics.get(name)?.samples[0]?.value, name).toBeGreaterThan(0);
  }
  expect(metrics.get('nodejs_eventloop_lag_max_seconds')?.samples).toHaveLength(1);
  await server.close();
  opened.length = 0;
  expect(existsSync(socket)).toBe(false);
});

test('a loopback port answers too, and is refused where it is taken', async () => {
  const port = await freePort();
  await open(`127.0.0.1:${port}`);
  expect(await ask({ port })).toMatchObject({ status: 200 });
  await expect(open(`127.0.0.1:${port}`)).rejects.toMatchObject({ name: 'UserError', code: 'in-use' });
  expect(await ask({ port })).toMatchObject({ status: 200 });
});

test('anything that others could reach is refused, and why', async () => {
  await expect(open('0.0.0.0:9790')).rejects.toMatchObject({
    name: 'UserError',
    code: 'invalid',
    hint: expect.stringContaining('this machine alone'),
  });
});

test('a socket in use and a file in its place are refused, what a killed daemon left is replaced', async () => {
  await open(`unix:${socket}`);
  await expect(open(`unix:${socket}`)).rejects.toMatchObject({
    code: 'in-use',
    hint: expect.stringContaining('--metrics'),
  });
  const file = join(folder, 'file');
  writeFileSync(file, 'precious');
  await expect(open(`unix:${file}`)).rejects.toMatchObject({ code: 'in-use' });
});

test.each([
  ['another path', { path: '/' }],
  ['a longer path', { path: '/metrics/x' }],
  ['another method', { method: 'POST' }],
  ['HEAD', { method: 'HEAD' }],
  ['a body', { body: 'x' }],
])('nothing else is answered: %s', async (_, change) => {
  await open(`unix:${socket}`);
  const answer = await ask({ socketPath: socket, ...change });
  expect(answer.status).toBe(404);
  expect(answer.text).not.toContain('netweft');
});

test('a query is no other path', async () => {
  await open(`unix:${socket}`);
  expect(await ask({ socketPath: socket, path: '/metrics?x=1' })).toMatchObject({ status: 200 });
});

test('what is no HTTP, and headers without end, are refused and cut off', async () => {
  await open(`unix:${socket}`);
  expect(await raw('hello\r\n\r\n')).toMatch(/^HTTP\/1\.1 400 /);
  expect(await raw(`GET /metrics HTTP/1.1\r\nhost: localhost\r\nx: ${'y'.repeat(20_000)}\r\n\r\n`)).toMatch(
    /^HTTP\/1\.1 431 /,
  );
});

test('a body is not taken for the next request', async () => {
  await open(`unix:${socket}`);
  const inner = 'GET /metrics HTTP/1.1\r\nhost: localhost\r\n\r\n';
  const answer = await raw(
    `POST /metrics HTTP/1.1\r\nhost: localhost\r\ncontent-length: ${inner.length}\r\n\r\n${inner}`,
  );
  expect(answer.match(/HTTP\/1\.1 /g)).toHaveLength(1);
  expect(answer).toMatch(/^HTTP\/1\.1 404 /);
});

test.each(['localhost', 'LocalHost:9790', '127.0.0.1', '127.0.0.1:9790', '127.1.2.3:1'])(
  'a request to %s is answered',
  async (host) => {
    const port = await freePort();
    await open(`127.0.0.1:${port}`);
    expect(await ask({ port, headers: { host } })).toMatchObject({ status: 200 });
  },
);

test.each([
  ['a name that somebody pointed here', { host: 'rebound.example:9790' }],
  ['a name that begins like one of ours', { host: '127.0.0.1.rebound.example' }],
  ['a name that ends like one of ours', { host: 'rebound.localhost' }],
  ['another address', { host: '10.0.0.1:9790' }],
  ['a page of a browser', { host: 'localhost', origin: 'http://localhost:3000' }],
])('nothing is said to a request of %s, on a port or through a proxy to a Unix socket', async (_, headers) => {
  const port = await freePort();
  await open(`127.0.0.1:${port}`);
  await open(`unix:${socket}`);
  for (const where of [{ port }, { socketPath: socket }]) {
    expect(await ask({ ...where, headers })).toMatchObject({ status: 421, text: '' });
  }
});

test('nothing is said to a request without a host', async () => {
  await open(`unix:${socket}`);
  expect(await raw('GET /metrics HTTP/1.0\r\n\r\n')).toMatch(/^HTTP\/1\.1 421 [\s\S]*\r\n\r\n$/);
});

test('a connection ends with its answer, whatever the reader wants to keep', async () => {
  await open(`unix:${socket}`);
  const get = 'GET /metrics HTTP/1.1\r\nhost: localhost\r\nconnection: keep-alive\r\n\r\n';
  const answer = await raw(get + get);
  expect(answer.match(/HTTP\/1\.1 /g)).toHaveLength(1);
  expect(answer).toMatch(/^connection: close\r$/im);
});

test('more readers than it serves are turned away, and those that ask nothing make room by themselves', async () => {
  await open(`unix:${socket}`);
  const idle = Array.from({ length: MAX_CONNECTIONS }, () => createConnection(socket));
  const ended = Promise.all(idle.map((connection) => closing(connection.resume())));
  await Promise.all(idle.map((connection) => once(connection, 'connect')));
  expect(await raw('GET /metrics HTTP/1.1\r\nhost: localhost\r\n\r\n')).toBe('');
  await ended;
  expect(await ask({ socketPath: socket })).toMatchObject({ status: 200 });
});

test('readers that do not take their answer make room too', async () => {
  const large = new MetricsRegistry();
  large.gauge({ name: 'a', help: 'x'.repeat(2_000_000) }, () => 1);
  await open(`unix:${socket}`, large);
  const stuck = Array.from({ length: MAX_CONNECTIONS }, () => createConnection(socket).pause());
  for (const connection of stuck) connection.write('GET /metrics HTTP/1.1\r\nhost: localhost\r\n\r\n');
  expect(await raw('GET /metrics HTTP/1.1\r\nhost: localhost\r\n\r\n')).toBe('');
  await vi.waitFor(async () => expect(await ask({ socketPath: socket })).toMatchObject({ status: 200 }), {
    timeout: 30_000,
    interval: 200,
  });
  for (const connection of stuck) connection.destroy();
});

test('a fault is logged and told without its details', async () => {
  const broken = new MetricsRegistry();
  broken.gauge({ name: 'a', help: 'What.' }, () => {
    throw new TypeError('secret detail');
  });
  const log = recordedLog();
  opened.push(await openMetricsServer({ listen: { kind: 'unix', path: socket }, registry: broken, log }));
  const answer = await ask({ socketPath: socket });
  expect(answer).toMatchObject({ status: 500, text: '' });
  expect(log.events).toMatchObject([{ level: 'error', event: 'metrics-failed' }]);
});

test('closing ends connections that are open', async () => {
  const server = await open(`unix:${socket}`);
  const connection = createConnection(socket);
  await once(connection, 'connect');
  const closed = once(connection, 'close');
  await server.close();
  opened.length = 0;
  await closed;
});
