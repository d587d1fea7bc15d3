import { once } from 'node:events';
import { rm } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { listenOnUnixSocket } from '../admin/unix-socket.ts';
import { UserError } from '../base/errors.ts';
import { formatAddress } from '../base/ipv4.ts';
import type { Logger } from '../base/log.ts';
import { isForThisMachine } from './local-request.ts';
import { formatMetricsListen, type MetricsListen } from './metrics-listen.ts';
import type { MetricsRegistry } from './registry.ts';

/** Readers connected at once; further ones are refused by closing. */
export const MAX_CONNECTIONS = 16;
/** Bytes of a request's line and headers. It may not have a body. */
const MAX_HEADER_BYTES = 8 * 1024;
/** How long a request may take to arrive, and how often that is looked at. */
const REQUEST_TIMEOUT_MS = 2_000;
const CHECK_MS = 500;
/** How long a connection may last, for one request and its answer: whoever holds it holds out others. */
const CONNECTION_MS = 5_000;

export interface MetricsServerOptions {
  readonly listen: MetricsListen;
  readonly registry: MetricsRegistry;
  readonly log: Logger;
}

export interface MetricsServer {
  /** Ends open connections; a Unix socket is removed. */
  close(): Promise<void>;
}

/**
 * `GET /metrics` over HTTP, and nothing else. Throws UserError: `in-use`, `invalid` or `not-permitted`
 * where it cannot listen.
 */
export async function openMetricsServer(options: MetricsServerOptions): Promise<MetricsServer> {
  const { listen } = options;
  const server = createServer(
    {
      maxHeaderSize: MAX_HEADER_BYTES,
      headersTimeout: REQUEST_TIMEOUT_MS,
      requestTimeout: REQUEST_TIMEOUT_MS,
      connectionsCheckingInterval: CHECK_MS,
    },
    (request, response) => void answer(options, request, response),
  );
  server.maxConnections = MAX_CONNECTIONS;
  server.on('connection', endInTime);
  await (listen.kind === 'unix' ? listenOnPath(server, listen.path) : listenOnPort(server, listen));
  return {
    async close() {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
      if (listen.kind === 'unix') await rm(listen.path, { force: true });
    },
  };
}

async function answer({ registry, log }: MetricsServerOptions, request: IncomingMessage, response: ServerResponse) {
  const hasBody =
    request.headers['transfer-encoding'] !== undefined || Number(request.headers['content-length'] ?? 0) > 0;
  response.setHeader('connection', 'close');
  if (!isForThisMachine(request)) {
    response.writeHead(421, { 'content-length': 0 }).end();
    return;
  }
  if (request.method !== 'GET' || pathOf(request) !== '/metrics' || hasBody) {
    refuse(response);
    return;
  }
  try {
    const text = await registry.text();
    response.writeHead(200, { 'content-type': registry.contentType, 'content-length': Buffer.byteLength(text) });
    response.end(text);
  } catch (error) {
    log.error('metrics-failed', { error });
    response.writeHead(500).end();
  }
}

function endInTime(connection: Socket): void {
  const timer = setTimeout(() => connection.destroy(), CONNECTION_MS);
  connection.once('close', () => clearTimeout(timer));
}

function refuse(response: ServerResponse): void {
  response.writeHead(404, { 'content-type': 'text/plain; charset=utf-8' });
  response.end('only GET /metrics is answered here\n');
}

/** Without its query, which some readers add. */
function pathOf(request: IncomingMessage): string {
  return (request.url ?? '').replace(/\?.*$/s, '');
}

async function listenOnPath(server: Server, path: string): Promise<void> {
  await listenOnUnixSocket({
    path,
    option: '--metrics',
    listen: (hidden) => listening(server, () => server.listen(hidden)),
  });
}

async function listenOnPort(server: Server, listen: MetricsListen & { readonly kind: 'tcp' }): Promise<void> {
  const { address, port } = listen.endpoint;
  try {
    await listening(server, () => server.listen({ host: formatAddress(address), port, exclusive: true }));
  } catch (error) {
    throw listenError(error as NodeJS.ErrnoException, formatMetricsListen(listen));
  }
}

async function listening(server: Server, listen: () => void): Promise<void> {
  const ready = once(server, 'listening');
  listen();
  await ready;
}

function listenError(error: NodeJS.ErrnoException, where: string): UserError {
  switch (error.code) {
    case 'EADDRINUSE':
      return new UserError('in-use', `another program listens on ${where}`, 'stop it, or choose another --metrics');
    case 'EACCES':
      return new UserError('not-permitted', `not allowed to listen on ${where}`, 'choose a port above 1023');
    default:
      return new UserError('invalid', `cannot listen on ${where}: ${error.code ?? error.message}`, 'correct --metrics');
  }
}
