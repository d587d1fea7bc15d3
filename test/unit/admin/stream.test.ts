import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect } from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type AdminServer, openAdminServer } from '../../../src/admin/server.ts';
import { adminStream } from '../../../src/admin/stream-client.ts';
import type { StreamDocument } from '../../../src/admin/stream-documents.ts';
import { UserError } from '../../../src/base/errors.ts';
import { silentLogger } from '../../../src/base/log.ts';

let folder: string;
let socket: string;
let server: AdminServer;
let send: (document: StreamDocument) => void = () => {};
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
      app.get('/v1/stream', (_, reply) =>
        streams.serve(reply, (sender) => {
          send = sender;
          sender(lost(1));
          queueMicrotask(began);
          return () => stopped();
        }),
      );
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
});
