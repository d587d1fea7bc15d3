import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type AdminServer, openAdminServer } from '../../../../src/admin/server.ts';
import { adminStream } from '../../../../src/admin/stream-client.ts';
import { followRoutes, MAX_PACKET_STREAMS } from '../../../../src/agent/observe/follow-routes.ts';
import { silentLogger } from '../../../../src/base/log.ts';
import { openReadyAgent } from '../../../kit/agent-bench.ts';

let folder: string;
let socket: string;
let server: AdminServer;
const endings: AbortController[] = [];

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'weft-'));
  socket = join(folder, 'x.sock');
  const { agent } = await openReadyAgent();
  const routes: Parameters<typeof openAdminServer>[0]['routes'] = (app, streams) => followRoutes(app, streams, agent);
  server = await openAdminServer({ socket, log: silentLogger, routes });
});

afterEach(async () => {
  for (const ending of endings.splice(0)) ending.abort();
  await server.close();
  rmSync(folder, { recursive: true, force: true });
});

/** Until the daemon has opened it; rejects as it does. */
async function follow(path: string): Promise<void> {
  const ending = new AbortController();
  endings.push(ending);
  await new Promise<void>((resolve, reject) => {
    adminStream(socket, path, ending.signal, undefined, resolve).next().catch(reject);
  });
}

test('so many captures are open at once, and drops can be followed beside them', async () => {
  for (let open = 0; open < MAX_PACKET_STREAMS; open++) await follow('/v1/follow/packets?underlay=true');
  await expect(follow('/v1/follow/packets?underlay=true')).rejects.toMatchObject({ code: 'limit' });
  await follow('/v1/follow/drops');
});

test('one that ends or is refused makes room for another', async () => {
  for (let open = 0; open < 2 * MAX_PACKET_STREAMS; open++) {
    await expect(follow('/v1/follow/packets?port=a99')).rejects.toMatchObject({ code: 'not-found' });
  }
  for (let open = 0; open < MAX_PACKET_STREAMS; open++) await follow('/v1/follow/packets?port=a30');
  endings.at(-1)?.abort();
  await expect
    .poll(() =>
      follow('/v1/follow/packets?port=a30').then(
        () => 'open',
        () => 'refused',
      ),
    )
    .toBe('open');
});
