/** Daemons as processes that are told to reload before they serve. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { adminRequest } from '../../../src/admin/client.ts';
import { LoggedDaemon } from '../../kit/netns/logged-daemon.ts';
import { RUN_MARK } from '../../kit/run-mark.ts';

const RELOADING = fileURLToPath(new URL('../../kit/netns/reload-while-loading.mjs', import.meta.url));
/** A loopback address that only this process uses. */
const ADDRESS = `127.${(process.pid >> 16) & 255}.${(process.pid >> 8) & 255}.${1 + (process.pid % 254)}`;

let folder = '';
let started: LoggedDaemon | undefined;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), `weft-${RUN_MARK}-`));
});

afterEach(async () => {
  const status = await started?.end();
  rmSync(folder, { recursive: true });
  expect(status).toBe(0);
});

const KEYS = {
  mapper: () => [`listen: ${ADDRESS}`, `database: ${folder}/m.db`],
  agent: () => ['host: x', `underlay: ${ADDRESS}`, `mapper: ${ADDRESS}`],
};

test.each(['mapper', 'agent'] as const)(
  'SIGHUP at whatever moment %s loads something: it starts, reloads and serves',
  async (daemon) => {
    const file = join(folder, 'config.yaml');
    const socket = join(folder, 'admin.sock');
    writeFileSync(file, [...KEYS[daemon](), `socket: ${socket}`, 'log: {format: json}', ''].join('\n'));
    const environment = { ...process.env, NODE_OPTIONS: `--import=${RELOADING}` };
    started = new LoggedDaemon([daemon, '--config', file], environment);
    await started.said('started');
    expect(await started.said('reloaded')).toMatchObject({ changed: [] });
    expect(await adminRequest(socket, 'GET', '/v1/status')).toHaveProperty('schema');
  },
);
