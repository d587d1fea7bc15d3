import { chmod, lstat, mkdir, mkdtemp, rename, rm } from 'node:fs/promises';
import { createConnection } from 'node:net';
import { dirname, join } from 'node:path';
import Fastify, { type FastifyError, type FastifyInstance, type FastifyReply } from 'fastify';
import { UserError, type UserErrorCode } from '../base/errors.ts';
import type { Logger } from '../base/log.ts';
import type { ErrorDocument } from './documents.ts';

/** Bytes of one request's body: as many as a cloud file may have characters. */
export const MAX_BODY_BYTES = 8 * 1024 * 1024;
/** Clients connected at once; further ones are refused by closing. */
const MAX_CONNECTIONS = 64;
/** How long a request may take to arrive. */
const REQUEST_TIMEOUT_MS = 10_000;
/** How long a connection may be silent, also while it waits for its answer. */
const SILENCE_TIMEOUT_MS = 60_000;
/** Bytes of a Unix socket's path (`sun_path` of unix(7), less the final zero). */
const MAX_SOCKET_PATH_BYTES = 107;

const HTTP_STATUS: { readonly [Code in UserErrorCode]: number } = {
  invalid: 400,
  'not-permitted': 403,
  'not-found': 404,
  conflict: 409,
  'in-use': 409,
  limit: 413,
  unsupported: 422,
  unreachable: 503,
  unfinished: 503,
};

export interface AdminServerOptions {
  /** Path of the Unix socket; its folder is made if there is none. */
  readonly socket: string;
  readonly log: Logger;
  /** Adds the daemon's routes. A handler answers with a document of `documents.ts` or throws UserError. */
  readonly routes: (app: FastifyInstance) => void;
}

export interface AdminServer {
  /** Ends open connections and removes the socket. */
  close(): Promise<void>;
}

/**
 * HTTP and JSON on a Unix socket that only its owner may use (mode 0600). Throws UserError: `in-use`
 * when somebody listens there or the path is no socket, `invalid` when it is too long,
 * `not-permitted` when the folder may not be written.
 */
export async function openAdminServer(options: AdminServerOptions): Promise<AdminServer> {
  const app = Fastify({
    bodyLimit: MAX_BODY_BYTES,
    requestTimeout: REQUEST_TIMEOUT_MS,
    connectionTimeout: SILENCE_TIMEOUT_MS,
    forceCloseConnections: true,
  });
  app.server.maxConnections = MAX_CONNECTIONS;
  app.setErrorHandler((error: Error, request, reply) =>
    answerError(error, `${request.method} ${request.url}`, reply, options.log),
  );
  app.setNotFoundHandler((request) => {
    throw new UserError(
      'unsupported',
      `this daemon does not answer ${request.method} ${request.url}`,
      'records and agreements are asked of the mapping daemon; ports, flows, drops and explanations of an agent',
    );
  });
  options.routes(app);
  try {
    await listen(app, options.socket);
  } catch (error) {
    await app.close();
    throw asUserError(error, options.socket);
  }
  return {
    async close() {
      await app.close();
      await rm(options.socket, { force: true });
    },
  };
}

/** Listens in a private folder first, so that the socket never has another mode under its own name. */
async function listen(app: FastifyInstance, socket: string): Promise<void> {
  await mkdir(dirname(socket), { recursive: true });
  await requireFree(socket);
  const folder = await mkdtemp(`${dirname(socket)}/.`);
  const hidden = join(folder, 's');
  try {
    requireShort(socket);
    requireShort(hidden);
    await app.listen({ path: hidden });
    await chmod(hidden, 0o600);
    await rename(hidden, socket);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function requireShort(path: string): void {
  if (Buffer.byteLength(path) <= MAX_SOCKET_PATH_BYTES) return;
  throw new UserError(
    'invalid',
    `the socket's path is too long: ${path}`,
    `the kernel takes at most ${MAX_SOCKET_PATH_BYTES} bytes; choose another with --socket`,
  );
}

/** A socket that nobody listens on is what a killed daemon left, and may be replaced. */
async function requireFree(socket: string): Promise<void> {
  const found = await lstat(socket).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
  if (found === undefined) return;
  if (!found.isSocket()) {
    throw new UserError('in-use', `${socket} exists and is not a socket`, 'remove it, or choose another with --socket');
  }
  if (await isListening(socket)) {
    throw new UserError(
      'in-use',
      `another daemon listens on ${socket}`,
      'stop it first, or choose another socket with --socket',
    );
  }
}

function isListening(socket: string): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const probe = createConnection(socket);
    probe.once('connect', () => {
      probe.destroy();
      resolve(true);
    });
    probe.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'ECONNREFUSED' || error.code === 'ENOENT') resolve(false);
      else reject(error);
    });
  });
}

function asUserError(error: unknown, socket: string): unknown {
  const code = (error as NodeJS.ErrnoException).code;
  if (error instanceof UserError || code === undefined) return error;
  const isPermission = code === 'EACCES' || code === 'EPERM' || code === 'EROFS';
  return new UserError(
    isPermission ? 'not-permitted' : 'invalid',
    `cannot make the socket ${socket}: ${code}`,
    isPermission ? 'run as root, or choose a folder of your own with --socket' : 'choose another path with --socket',
  );
}

function answerError(error: Error, request: string, reply: FastifyReply, log: Logger): FastifyReply {
  if (error instanceof UserError) {
    return reply.status(HTTP_STATUS[error.code]).send(errorDocument(error.code, error.message, error.hint));
  }
  const status = (error as FastifyError).statusCode ?? 500;
  if (status < 500) {
    return reply.status(status).send(errorDocument(status === 413 ? 'limit' : 'invalid', error.message));
  }
  log.error('request-failed', { request, error });
  return reply.status(500).send(errorDocument('internal', 'the daemon failed to answer', 'its log tells why'));
}

function errorDocument(code: ErrorDocument['error']['code'], message: string, hint?: string): ErrorDocument {
  return { schema: 'netweft.error/v1', error: { code, message, ...(hint === undefined ? {} : { hint }) } };
}
