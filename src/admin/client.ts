import { type IncomingMessage, request } from 'node:http';
import { USER_ERROR_CODES, UserError, type UserErrorCode } from '../base/errors.ts';
import { watchRequest } from './answer-watch.ts';
import type { AdminDocument, ErrorDocument } from './documents.ts';

/** How long one waits for an answer. */
const ANSWER_TIMEOUT_MS = 30_000;
/** Bytes of one answer: every flow of a full table fits. */
const MAX_ANSWER_BYTES = 64 * 1024 * 1024;

/**
 * Asks the daemon on a Unix socket, and returns its document. Throws the daemon's own UserError;
 * `unreachable` or `not-permitted` where there is no daemon to talk to; and `unfinished` where it has
 * the request and does not answer for so long.
 */
export async function adminRequest(
  socket: string,
  method: 'GET' | 'POST' | 'DELETE',
  path: string,
  body?: unknown,
  timeoutMs = ANSWER_TIMEOUT_MS,
): Promise<AdminDocument> {
  const text = await exchange({ socket, method, path, body, timeoutMs }).catch((error: NodeJS.ErrnoException) => {
    throw connectionError(error, socket);
  });
  const document = parseDocument(text, socket);
  if (document.schema === 'netweft.error/v1') throw refusal(document);
  return document;
}

interface Exchange {
  readonly socket: string;
  readonly method: string;
  readonly path: string;
  readonly body: unknown;
  readonly timeoutMs: number;
}

function exchange({ socket, method, path, body, timeoutMs }: Exchange): Promise<string> {
  const text = body === undefined ? undefined : JSON.stringify(body);
  const headers =
    text === undefined ? {} : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) };
  return new Promise((resolve, reject) => {
    const asked = request({ socketPath: socket, method, path, headers, agent: false, timeout: timeoutMs });
    watchRequest(asked, socket);
    asked.on('timeout', () => asked.destroy(unanswered(socket, timeoutMs)));
    asked.on('error', reject);
    asked.on('response', (response) => readText(response).then(resolve, reject));
    asked.end(text);
  });
}

export async function readText(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > MAX_ANSWER_BYTES) throw new Error(`its answer is longer than ${MAX_ANSWER_BYTES} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

export function parseDocument(text: string, socket: string): AdminDocument | ErrorDocument {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null && 'schema' in value && typeof value.schema === 'string') {
      return value as AdminDocument | ErrorDocument;
    }
  } catch {
    // Not JSON: told below.
  }
  throw new UserError('unreachable', `what listens on ${socket} is not a Netweft daemon`, 'check --socket');
}

export function refusal(document: ErrorDocument): Error {
  const { code, message, hint } = document.error;
  if (USER_ERROR_CODES.some((known) => known === code)) return new UserError(code as UserErrorCode, message, hint);
  return new Error(hint === undefined ? message : `${message}; ${hint}`);
}

function unanswered(socket: string, timeoutMs: number): UserError {
  return new UserError(
    'unfinished',
    `the daemon on ${socket} has not answered within ${timeoutMs / 1000} seconds, and may still be carrying the request out`,
    'see with `weft status` and `weft get` what became of it before asking again',
  );
}

export function connectionError(error: NodeJS.ErrnoException, socket: string): UserError {
  if (error instanceof UserError) return error;
  if (error.code === 'EACCES' || error.code === 'EPERM') {
    return new UserError(
      'not-permitted',
      `not allowed to use ${socket}`,
      'run as the user that the daemon runs as, usually root',
    );
  }
  return new UserError(
    'unreachable',
    `no daemon answers on ${socket}: ${error.code ?? error.message}`,
    'start `weft mapper` or `weft agent`, or name its socket with --socket or WEFT_SOCKET',
  );
}
