import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createServer } from 'node:http';
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type AdminServer, openAdminServer } from '../../../src/admin/server.ts';
import { adminStream } from '../../../src/admin/stream-client.ts';
import type { SendDocument } from '../../../src/admin/stream-server.ts';
import type { StreamDocument } from '../../../src/admin/stream-documents.ts';
import { UserError } from '../../../src/base/errors.ts';
import { silentLogger } from '../../../src/base/log.ts';

let folder: string;
let socket: string;
let server: AdminServer;
let send: SendDocument = () => {};
let endStream: () => void = () => {};
/** How long the daemon lets a reader stand still, ms. */
let longestPause: number | undefined;
let began: () => void = () => {};
let stopped: () => void = () => {};
let hasStopped: Promise<void>;

/** A source that is never ended is a failure, not a long wait. */
const LIMIT_MS = 5000;

const lost = (count: number): StreamDocument => ({ schema: 'netweft.lost/v1', lost: count });

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'weft-'));
  socket = join(folder, 'test.sock');
  hasStopped = new Promise((resolve) => {
    stopped = resolve;
  });
  server = await openAdminServer({
    socket,
    log: silentLogger,
    routes: (app, streams) => {
      app.get('/v1/refused', (_, reply) =>
        streams.serve(reply, () => {
          throw new UserError('not-found', 'no such port', 'see the list');
        }),
      );
      app.get('/v1/stream', (_, reply) => {
        streams.serve(reply, (sender, end) => {
          send = sender;
          endStream = end;
          sender(lost(1));
          queueMicrotask(began);
          return () => stopped();
        });
        longestPause = reply.raw.socket?.timeout;
      });
    },
  });
});

afterEach(async () => {
  await server.close();
  rmSync(folder, { recursive: true, force: true });
});

describe('a stream of documents', () => {
  test(
    'brings what is sent, from the first on, and ends with the daemon',
    async () => {
      const got: StreamDocument[] = [];
      for await (const document of adminStream(socket, '/v1/stream', new AbortController().signal)) {
        got.push(document);
        if (got.length === 1) send({ schema: 'netweft.alive/v1' });
        if (got.length < 4) send(lost(got.length + 1));
        else void server.close();
      }
      expect(got).toEqual([lost(1), lost(2), lost(3), lost(4)]);
      await hasStopped;
    },
    LIMIT_MS,
  );

  test(
    'ends its source when the reader leaves',
    async () => {
      const ending = new AbortController();
      for await (const document of adminStream(socket, '/v1/stream', ending.signal)) {
        expect(document).toEqual(lost(1));
        ending.abort();
      }
      await hasStopped;
    },
    LIMIT_MS,
  );

  test('refuses as any request does', async () => {
    const reading = adminStream(socket, '/v1/refused', new AbortController().signal).next();
    await expect(reading).rejects.toMatchObject({ name: 'UserError', code: 'not-found', hint: 'see the list' });
  });

  test('is limited in number', async () => {
    const endings = Array.from({ length: 32 }, () => new AbortController());
    const readers = endings.map(({ signal }) => adminStream(socket, '/v1/stream', signal));
    await Promise.all(readers.map((reader) => reader.next()));
    const further = adminStream(socket, '/v1/stream', new AbortController().signal).next();
    await expect(further).rejects.toMatchObject({ code: 'limit' });
    for (const ending of endings) ending.abort();
  });

  test('loses for a reader that stands still, and says how many', async () => {
    const ready = new Promise<void>((resolve) => {
      began = resolve;
    });
    const reader = connect(socket);
    reader.write('GET /v1/stream HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n');
    await ready;
    const filler: StreamDocument = {
      schema: 'netweft.drop/v1',
      time: '',
      verdict: 'drop',
      meaning: 'x'.repeat(64 * 1024),
    };
    for (let sent = 0; sent < 200; sent++) send(filler);
    const chunks: string[] = [];
    reader.setEncoding('utf8').on('data', (chunk: string) => {
      chunks.push(chunk);
      if (chunk.includes('xx')) send(lost(4711));
      if (chunk.includes('4711')) void server.close();
    });
    await once(reader, 'close');
    const told = [...chunks.join('').matchAll(/"lost":(\d+)/g)].map((match) => Number(match[1]));
    const full = chunks.join('').match(/"netweft\.drop\/v1"/g)?.length ?? 0;
    const untilTold = told[1] ?? 0;
    expect(untilTold).toBeGreaterThan(100);
    expect(full + untilTold).toBeGreaterThanOrEqual(200);
  });

  /** A reader that takes nothing, until it is told to. */
  async function standStill() {
    const ready = new Promise<void>((resolve) => {
      began = resolve;
    });
    const reader = connect(socket);
    reader.write('GET /v1/stream HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n');
    await ready;
    return reader;
  }

  const FILLER: StreamDocument = {
    schema: 'netweft.drop/v1',
    time: '',
    verdict: 'drop',
    meaning: 'x'.repeat(64 * 1024),
  };

  test('makes no document that would be lost, and at its end tells how many were and where', async () => {
    const reader = await standStill();
    let made = 0;
    const make = () => {
      made++;
      return FILLER;
    };
    for (let sent = 0; sent < 199; sent++) send(make, { at: 'a30' });
    send(make, {});
    expect(made).toBeLessThan(100);
    endStream();
    const chunks: string[] = [];
    reader.setEncoding('utf8').on('data', (chunk: string) => chunks.push(chunk));
    await once(reader, 'close');
    const [line = '{}'] = /\{"schema":"netweft\.lost\/v1","lost":\d+,"places".*/.exec(chunks.join('')) ?? [];
    const lostAt = 199 - made;
    expect(JSON.parse(line)).toEqual({
      schema: 'netweft.lost/v1',
      lost: lostAt + 1,
      places: [{ at: 'a30', lost: lostAt }, { lost: 1 }],
    });
  });

  test('stays open for a reader that pauses for minutes', async () => {
    const reader = await standStill();
    expect(longestPause).toBeGreaterThanOrEqual(600_000);
    reader.destroy();
  });

  test('a caller that is slow to take documents is not a daemon that is silent', async () => {
    const reading = adminStream(socket, '/v1/stream', new AbortController().signal, undefined, undefined, 200);
    await reading.next();
    for (let sent = 0; sent < 4; sent++) send(FILLER);
    await sleep(500);
    endStream();
    const got: string[] = [];
    for await (const { schema } of reading) got.push(schema);
    expect(got).toEqual(Array(4).fill('netweft.drop/v1'));
  });

  test(
    'ends where the daemon breaks off in the middle of a document',
    async () => {
      const broken = join(folder, 'broken.sock');
      const daemon = createServer((_, response) => {
        response.write('{"schema":"netweft.lost/v1","lost":1}\n{"schema":"netw', () => response.destroy());
      }).listen(broken);
      await once(daemon, 'listening');
      const got: StreamDocument[] = [];
      for await (const document of adminStream(broken, '/', new AbortController().signal)) got.push(document);
      expect(got).toEqual([lost(1)]);
      daemon.close();
    },
    LIMIT_MS,
  );
});
