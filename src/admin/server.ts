import { rm } from 'node:fs/promises';
import Fastify, { type FastifyError, type FastifyInstance, type FastifyReply } from 'fastify';
import { UserError, type UserErrorCode } from '../base/errors.ts';
import type { Logger } from '../base/log.ts';
import { VERSION } from '../base/version.ts';
import { VERSION_HEADER } from './answer-watch.ts';
import type { ErrorDocument } from './documents.ts';
import { listenOnUnixSocket } from './unix-socket.ts';
import { Streams } from './stream-server.ts';

/** Bytes of one request's body: as many as a cloud file may have characters. */
export const MAX_BODY_BYTES = 8 * 1024 * 1024;
/** Clients connected at once; further ones are refused by closing. */
const MAX_CONNECTIONS = 64;
/** How long a request may take to arrive. */
const REQUEST_TIMEOUT_MS = 10_000;
/** How long a connection may be silent, also while it waits for its answer. */
const SILENCE_TIMEOUT_MS = 60_000;

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
  readonly routes: (app: FastifyInstance, streams: Streams) => void;
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
  app.addHook('onRequest', async (_request, reply) => void reply.header(VERSION_HEADER, VERSION));
  app.setErrorHandler((error: Error, request, reply) =>
    answerError(error, `${request.method} ${request.url}`, reply, options.log),
  );
  app.setNotFoundHandler((request) => {
    throw new UserError(
      'unsupported',
      `this daemon does not answer ${request.method} ${request.url.split('?')[0]}`,
      'ask the mapping daemon for records, agreements and traces, an agent for ports, flows, drops, captures and explanations: --socket',
    );
  });
  const streams = new Streams();
  options.routes(app, streams);
  try {
    await listenOnUnixSocket({ path: options.socket, option: '--socket', listen: (path) => app.listen({ path }) });
  } catch (error) {
    await app.close();
    throw error;
  }
  return {
    async close() {
      streams.closeAll();
      await app.close();
      await rm(options.socket, { force: true });
    },
  };
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
