import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openAdminServer } from '../../../src/admin/server.ts';
import type { StreamDocument } from '../../../src/admin/stream-documents.ts';
import { silentLogger } from '../../../src/base/log.ts';

export interface FakeDaemon {
  readonly socket: string;
  /** `METHOD URL` and the body of every request. */
  readonly asked: { readonly request: string; readonly body: unknown }[];
  close(): Promise<void>;
}

/** An answer that is a stream: these documents, and then its end where `isEnding`. */
export class FakeStream {
  readonly documents: readonly StreamDocument[];
  readonly isEnding: boolean;

  constructor(documents: readonly StreamDocument[], isEnding = true) {
    this.documents = documents;
    this.isEnding = isEnding;
  }
}

/** A daemon that answers `METHOD /path` (without query) with what the table says, or throws it if it is an error. */
export async function openFakeDaemon(
  answers: Readonly<Record<string, unknown>>,
  version?: string,
): Promise<FakeDaemon> {
  const folder = mkdtempSync(join(tmpdir(), 'weft-'));
  const asked: FakeDaemon['asked'] = [];
  const socket = join(folder, 'fake.sock');
  const server = await openAdminServer({
    socket,
    log: silentLogger,
    routes(app, streams) {
      for (const [route, answer] of Object.entries(answers)) {
        const [method = 'GET', url = '/'] = route.split(' ');
        app.route({
          method,
          url,
          handler: async (request, reply) => {
            if (version !== undefined) reply.header('x-netweft-version', version);
            asked.push({ request: `${request.method} ${request.url}`, body: request.body });
            if (answer instanceof Error) throw answer;
            if (!(answer instanceof FakeStream)) return answer;
            streams.serve(reply, (send) => {
              for (const document of answer.documents) send(document);
              if (answer.isEnding) setImmediate(() => reply.raw.end());
              return () => {};
            });
            return reply;
          },
        });
      }
    },
  });
  return {
    socket,
    asked,
    async close() {
      await server.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
