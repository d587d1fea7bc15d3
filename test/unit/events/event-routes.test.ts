import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { adminRequest } from '../../../src/admin/client.ts';
import type { EventDocument, EventsDocument } from '../../../src/admin/event-documents.ts';
import { type AdminServer, openAdminServer } from '../../../src/admin/server.ts';
import { adminStream } from '../../../src/admin/stream-client.ts';
import { silentLogger } from '../../../src/base/log.ts';
import { EventJournal } from '../../../src/events/event-journal.ts';
import { eventRoutes } from '../../../src/events/event-routes.ts';
import { VirtualClock } from '../../kit/simulation/virtual-clock.ts';

let folder: string;
let socket: string;
let server: AdminServer;
let journal: EventJournal;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'weft-events-'));
  socket = join(folder, 'a.sock');
  journal = new EventJournal({ clock: new VirtualClock(), daemon: 'mapper' });
  for (let count = 0; count < 3; count++) journal.record('host-silent', { host: 'x', boot: '0' });
  server = await openAdminServer({
    socket,
    log: silentLogger,
    routes: (app, streams) => eventRoutes(app, streams, journal),
  });
});

afterEach(async () => {
  await server.close();
  rmSync(folder, { recursive: true, force: true });
});

async function past(query = ''): Promise<EventsDocument> {
  return (await adminRequest(socket, 'GET', `/v1/events${query}`)) as EventsDocument;
}

const sequences = ({ events }: EventsDocument) => events.map(({ sequence }) => sequence);

test('the past is answered: all of it, after a sequence, or the last so many', async () => {
  expect(await past()).toMatchObject({ schema: 'netweft.events/v1', daemon: 'mapper', sequence: 3, forgotten: 0 });
  expect(sequences(await past())).toEqual([1, 2, 3]);
  expect(sequences(await past('?after=2'))).toEqual([3]);
  expect(sequences(await past('?last=2'))).toEqual([2, 3]);
  expect(sequences(await past('?last=0'))).toEqual([]);
});

test.each(['?after=-1', '?after=x', '?last=1001', '?last=-1'])('%s is refused', async (query) => {
  await expect(past(query)).rejects.toMatchObject({ name: 'UserError', code: 'invalid' });
});

test.each([
  ['?after=1', [2, 3, 4]],
  ['', [1, 2, 3, 4]],
])('a stream %s tells the past, then what happens', async (query, wanted) => {
  const ending = new AbortController();
  const stream = adminStream(socket, `/v1/follow/events${query}`, ending.signal);
  const first = await stream.next();
  journal.record('host-silent', { host: 'y', boot: '0' });
  const got: number[] = [];
  for (let next = first; !next.done; next = await stream.next()) {
    got.push((next.value as EventDocument).sequence);
    if (got.length === wanted.length) break;
  }
  expect(got).toEqual(wanted);
  ending.abort();
  await stream.return(undefined);
});
