import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import { createInterface } from 'node:readline';
import { watchRequest } from './answer-watch.ts';
import { connectionError, parseDocument, readText, refusal } from './client.ts';
import type { StreamDocument } from './stream-documents.ts';

/** A stream on which nothing comes for so long, not even a sign of life, has ended. */
const SILENCE_MS = 30_000;

/**
 * The documents of a stream as they come, without its signs of life; `opened` is called once the daemon has begun it.
 * Ends when the daemon ends it or `signal` aborts. Throws as `adminRequest` does.
 */
export async function* adminStream(
  socket: string,
  path: string,
  signal: AbortSignal,
  body?: unknown,
  opened: () => void = () => {},
): AsyncGenerator<StreamDocument> {
  const response = await open(socket, path, signal, body);
  if (response === undefined) return;
  if (response.statusCode !== 200) {
    const document = parseDocument(await readText(response), socket);
    throw document.schema === 'netweft.error/v1' ? refusal(document) : new Error(`unexpected ${document.schema}`);
  }
  opened();
  try {
    for await (const line of createInterface({ input: response })) {
      const document = JSON.parse(line) as StreamDocument;
      if (document.schema !== 'netweft.alive/v1') yield document;
    }
  } catch (error) {
    if (!signal.aborted) throw connectionError(error as NodeJS.ErrnoException, socket);
  } finally {
    response.destroy();
  }
}

/** Undefined where `signal` aborted before there was an answer. */
async function open(
  socket: string,
  path: string,
  signal: AbortSignal,
  body: unknown,
): Promise<IncomingMessage | undefined> {
  const text = body === undefined ? undefined : JSON.stringify(body);
  const headers = text === undefined ? {} : { 'content-type': 'application/json' };
  const method = text === undefined ? 'GET' : 'POST';
  const asked = request({ socketPath: socket, method, path, headers, agent: false, signal, timeout: SILENCE_MS });
  watchRequest(asked, socket);
  asked.on('timeout', () => asked.destroy());
  asked.end(text);
  try {
    const [response] = (await once(asked, 'response')) as [IncomingMessage];
    return response;
  } catch (error) {
    if (signal.aborted) return undefined;
    throw connectionError(error as NodeJS.ErrnoException, socket);
  }
}
