/** Streams of documents, one a line (NDJSON), on the admin socket. */
import type { ServerResponse } from 'node:http';
import type { FastifyReply } from 'fastify';
import { UserError } from '../base/errors.ts';
import type { LostPlace, StreamDocument } from './stream-documents.ts';

/** Streams that one daemon serves at once. */
const MAX_STREAMS = 32;
/** Bytes that wait for a slow reader; what comes on top is lost, and told. */
const MAX_WAITING_BYTES = 4 * 1024 * 1024;
const ALIVE_MS = 10_000;
/** A reader may stand still for so long before its stream is closed. */
const LONGEST_PAUSE_MS = 600_000;

/**
 * Sends a document, or what the function makes, which is called at once, or never where the reader is behind.
 * `place`, of a packet, is told when it is lost.
 */
export type SendDocument<Document = StreamDocument> = (document: Document | (() => Document), place?: Place) => void;

/** The port at which a packet was seen; without one, between hosts. */
export type Place = Pick<LostPlace, 'at'>;

/** The streams of one admin server. */
export class Streams {
  readonly #open = new Set<() => void>();

  /**
   * Answers with documents until the reader, the source or the daemon ends it. `start` gets what sends one and what
   * ends the stream, to be called later, and returns what ends its source; where it throws, the request is refused.
   * Throws UserError `limit`.
   */
  serve(reply: FastifyReply, start: (send: SendDocument, end: () => void) => () => void): void {
    if (this.#open.size >= MAX_STREAMS) {
      throw new UserError('limit', `${MAX_STREAMS} streams are open`, 'end another --follow, capture or trace');
    }
    const writer = new StreamWriter(reply.raw);
    const stopSource = start(
      (document, place) => writer.send(document, place),
      () => end(),
    );
    const response = reply.hijack().raw;
    const end = () => {
      if (!this.#open.delete(end)) return;
      clearInterval(alive);
      stopSource();
      writer.end();
    };
    const alive = setInterval(() => writer.send({ schema: 'netweft.alive/v1' }), ALIVE_MS);
    this.#open.add(end);
    response.on('close', end);
    response.on('error', end);
    for (const [name, value] of Object.entries(reply.getHeaders()))
      if (value !== undefined) response.setHeader(name, value);
    response.setHeader('content-type', 'application/x-ndjson');
    response.setTimeout(LONGEST_PAUSE_MS);
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
  readonly #lostAt = new Map<string | undefined, number>();

  constructor(response: ServerResponse) {
    this.#response = response;
  }

  begin(): void {
    const early = this.#early ?? [];
    this.#early = undefined;
    this.#response.flushHeaders();
    for (const document of early) this.send(document);
  }

  send(document: StreamDocument | (() => StreamDocument), place?: Place): void {
    if (this.#isOver) return;
    if (this.#early === undefined && this.#response.writableLength > MAX_WAITING_BYTES) {
      return this.#lose(document, place);
    }
    const made = typeof document === 'function' ? document() : document;
    if (this.#early !== undefined) return void this.#early.push(made);
    this.#tellLost();
    this.#write(made);
  }

  /** The last document is what was lost since the one before. */
  end(): void {
    if (!this.#isOver) this.#tellLost();
    this.#response.end();
  }

  get #isOver(): boolean {
    return this.#response.destroyed || this.#response.writableEnded;
  }

  #lose(document: StreamDocument | (() => StreamDocument), place: Place | undefined): void {
    if (typeof document !== 'function' && document.schema === 'netweft.alive/v1') return;
    this.#lost++;
    if (place !== undefined) this.#lostAt.set(place.at, (this.#lostAt.get(place.at) ?? 0) + 1);
  }

  #tellLost(): void {
    if (this.#lost === 0) return;
    const places = [...this.#lostAt].map(([at, lost]) => (at === undefined ? { lost } : { at, lost }));
    this.#write({ schema: 'netweft.lost/v1', lost: this.#lost, ...(places.length === 0 ? {} : { places }) });
    this.#lost = 0;
    this.#lostAt.clear();
  }

  #write(document: StreamDocument): void {
    this.#response.write(`${JSON.stringify(document)}\n`);
  }
}
