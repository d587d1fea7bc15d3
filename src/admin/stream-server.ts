/** Streams of documents, one a line (NDJSON), on the admin socket. */
import type { ServerResponse } from 'node:http';
import type { FastifyReply } from 'fastify';
import { UserError } from '../base/errors.ts';
import type { StreamDocument } from './stream-documents.ts';

/** Streams that one daemon serves at once. */
const MAX_STREAMS = 32;
/** Bytes that wait for a slow reader; what comes on top is lost, and told. */
const MAX_WAITING_BYTES = 4 * 1024 * 1024;
const ALIVE_MS = 10_000;

/** The streams of one admin server. */
export class Streams {
  readonly #open = new Set<() => void>();

  /**
   * Answers with documents until the reader, the source or the daemon ends it. `start` gets what sends one and what
   * ends the stream, to be called later, and returns what ends its source; where it throws, the request is refused.
   * Throws UserError `limit`.
   */
  serve(reply: FastifyReply, start: (send: (document: StreamDocument) => void, end: () => void) => () => void): void {
    if (this.#open.size >= MAX_STREAMS) {
      throw new UserError('limit', `${MAX_STREAMS} streams are open`, 'end another --follow, capture or trace');
    }
    const writer = new StreamWriter(reply.raw);
    const stopSource = start(
      (document) => writer.send(document),
      () => end(),
    );
    const response = reply.hijack().raw;
    const end = () => {
      if (!this.#open.delete(end)) return;
      clearInterval(alive);
      stopSource();
      response.end();
    };
    const alive = setInterval(() => writer.send({ schema: 'netweft.alive/v1' }), ALIVE_MS);
    this.#open.add(end);
    response.on('close', end);
    response.on('error', end);
    for (const [name, value] of Object.entries(reply.getHeaders()))
      if (value !== undefined) response.setHeader(name, value);
    response.setHeader('content-type', 'application/x-ndjson');
    writer.begin();
  }

  closeAll(): void {
    for (const end of this.#open) end();
  }
}

class StreamWriter {
  readonly #response: ServerResponse;
  /** What the source sent before the answer began. */
  #early: StreamDocument[] | undefined = [];
  #lost = 0;

  constructor(response: ServerResponse) {
    this.#response = response;
  }

  begin(): void {
    const early = this.#early ?? [];
    this.#early = undefined;
    this.#response.flushHeaders();
    for (const document of early) this.send(document);
  }

  send(document: StreamDocument): void {
    if (this.#response.destroyed || this.#response.writableEnded) return;
    if (this.#early !== undefined) return void this.#early.push(document);
    if (this.#response.writableLength > MAX_WAITING_BYTES) {
      if (document.schema !== 'netweft.alive/v1') this.#lost++;
      return;
    }
    if (this.#lost > 0) this.#write({ schema: 'netweft.lost/v1', lost: this.#lost });
    this.#lost = 0;
    this.#write(document);
  }

  #write(document: StreamDocument): void {
    this.#response.write(`${JSON.stringify(document)}\n`);
  }
}
