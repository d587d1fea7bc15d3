import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import { watchRequest } from './answer-watch.ts';
import { connectionError, parseDocument, readText, refusal } from './client.ts';
import type { StreamDocument } from './stream-documents.ts';

/** A stream on which nothing comes for so long, not even a sign of life, has ended. */
const SILENCE_MS = 30_000;
/** Of a line; a stream with a longer one is not of ours. */
const MAX_LINE_BYTES = 4 * 1024 * 1024;

/**
 * The documents of a stream as they come, without its signs of life; `opened` is called, and waited for, once the daemon
 * has begun it. Ends when `signal` aborts, and when the daemon ends it, breaks it off or is silent for `silenceMs`; a
 * caller that is slow to take documents is not silence. Throws as `adminRequest` does.
 */
export async function* adminStream(
  socket: string,
  path: string,
  signal: AbortSignal,
  body?: unknown,
  opened: () => void | Promise<void> = () => {},
  silenceMs = SILENCE_MS,
): AsyncGenerator<StreamDocument> {
  const response = await open(socket, path, signal, body, silenceMs);
  if (response === undefined) return;
  if (response.statusCode !== 200) {
    const document = parseDocument(await readText(response), socket);
    throw document.schema === 'netweft.error/v1' ? refusal(document) : new Error(`unexpected ${document.schema}`);
  }
  // Breaking off while `opened` is waited for is seen when the lines are read.
  response.on('error', () => {});
  try {
    await opened();
    for await (const line of linesOf(response)) {
      const document = JSON.parse(line) as StreamDocument;
      if (document.schema !== 'netweft.alive/v1') yield document;
    }
  } finally {
    response.destroy();
  }
}

/** Whole lines, until the answer ends in whatever way. */
async function* linesOf(response: IncomingMessage): AsyncGenerator<string> {
  let rest = '';
  response.setEncoding('utf8');
  const chunks = (response as AsyncIterable<string>)[Symbol.asyncIterator]();
  for (;;) {
    const next = await chunks.next().catch(() => undefined);
    if (next === undefined || next.done) return;
    const lines = (rest + next.value).split('\n');
    rest = lines.pop() ?? '';
    yield* lines;
    if (rest.length > MAX_LINE_BYTES) throw new Error(`a line of the stream is longer than ${MAX_LINE_BYTES} bytes`);
  }
}

/** Undefined where `signal` aborted before there was an answer. */
async function open(
  socket: string,
  path: string,
  signal: AbortSignal,
  body: unknown,
  silenceMs: number,
): Promise<IncomingMessage | undefined> {
  const text = body === undefined ? undefined : JSON.stringify(body);
  const headers = text === undefined ? {} : { 'content-type': 'application/json' };
  const method = text === undefined ? 'GET' : 'POST';
  const asked = request({ socketPath: socket, method, path, headers, agent: false, signal, timeout: silenceMs });
  watchRequest(asked, socket);
  let answer: IncomingMessage | undefined;
  asked.on('timeout', () => {
    // What waits here to be taken keeps the daemon from sending more.
    if (answer !== undefined && answer.readableLength > 0) asked.setTimeout(silenceMs);
    else asked.destroy();
  });
  asked.end(text);
  try {
    [answer] = (await once(asked, 'response')) as [IncomingMessage];
    return answer;
  } catch (error) {
    if (signal.aborted) return undefined;
    throw connectionError(error as NodeJS.ErrnoException, socket);
  }
}
