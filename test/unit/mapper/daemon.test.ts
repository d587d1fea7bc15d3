import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { chmod, copyFile, mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { adminRequest } from '../../../src/admin/client.ts';
import { UserError } from '../../../src/base/errors.ts';
import { type Endpoint, parseEndpoint } from '../../../src/base/ipv4.ts';
import { silentLogger } from '../../../src/base/log.ts';
import { decodeMessage, encodeMessage } from '../../../src/control/codec.ts';
import type { Registered } from '../../../src/control/messages.ts';
import { plainSessionLayer } from '../../../src/control/session-layer.ts';
import { type RunningMapper, runMapper } from '../../../src/mapper/daemon.ts';
import { TWO_TENANTS } from './test-cloud.ts';

let folder = '';
const running: RunningMapper[] = [];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'weft-mapper-'));
});

afterEach(async () => {
  for (const mapper of running.splice(0)) await mapper.stop();
  await rm(folder, { recursive: true });
});

/** A port of the loopback that was free a moment ago. */
async function freeEndpoint(): Promise<Endpoint> {
  const probe = createSocket('udp4');
  probe.bind(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = probe.address();
  probe.close();
  return { address: 0x7f000001, port };
}

function options(listen: Endpoint) {
  return {
    listen,
    socket: join(folder, 'mapper.sock'),
    database: join(folder, 'mapper.db'),
    restored: false,
    log: silentLogger,
  };
}

async function run(listen: Endpoint, changes: object = {}): Promise<RunningMapper> {
  const mapper = await runMapper({ ...options(listen), ...changes });
  running.push(mapper);
  return mapper;
}

async function refusal(action: Promise<unknown>): Promise<UserError> {
  const error: unknown = await action.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(UserError);
  return error as UserError;
}

describe('the daemon', () => {
  test('takes records over its admin socket, agents over UDP, and has both after a restart', async () => {
    const listen = await freeEndpoint();
    const { socket } = options(listen);
    const mapper = await run(listen);
    const applied = await adminRequest(socket, 'POST', '/v1/apply', { records: TWO_TENANTS });
    expect(applied).toMatchObject({ schema: 'netweft.apply/v1', revision: 1 });
    expect(await register(listen)).toMatchObject({ kind: 'registered' });
    expect(await adminRequest(socket, 'GET', '/v1/status')).toMatchObject({
      schema: 'netweft.mapper-status/v1',
      listen: `127.0.0.1:${listen.port}`,
      records: { tenant: 2, network: 2, subnet: 2, host: 3, guest: 6, port: 6 },
      hosts: [
        { name: 'x', state: 'up', frameworks: ['udp/2.0'], ports: { total: 2, up: 0 } },
        { name: 'y' },
        { name: 'z' },
      ],
      counters: { datagrams: 1, unanswerable: 0 },
    });
    await mapper.stop();
    await run(listen);
    expect(await adminRequest(socket, 'GET', '/v1/records/port/a30')).toMatchObject({
      schema: 'netweft.records/v1',
      records: [{ kind: 'port', name: 'a30', revision: 1, state: 'pending', spec: { host: 'x' } }],
    });
    expect(await adminRequest(socket, 'DELETE', '/v1/records/port/a30')).toMatchObject({
      schema: 'netweft.delete/v1',
      name: 'a30',
    });
    expect(await adminRequest(socket, 'GET', '/v1/agreements')).toEqual({
      schema: 'netweft.agreements/v1',
      agreements: [],
    });
  });

  test('on a database that was put back from a copy tells agents so: they take everything anew', async () => {
    const listen = await freeEndpoint();
    const { socket, database } = options(listen);
    const first = await run(listen);
    await adminRequest(socket, 'POST', '/v1/apply', { records: TWO_TENANTS });
    const before = await register(listen);
    await first.stop();
    await copyFile(database, `${database}.copy`);
    const second = await run(listen);
    await adminRequest(socket, 'DELETE', '/v1/records/port/a30');
    await second.stop();
    await rename(`${database}.copy`, database);
    const third = await run(listen, { restored: true });
    const after = await register(listen);
    expect([before.kind, after.kind]).toEqual(['registered', 'registered']);
    expect(after).not.toHaveProperty('incarnation', (before as Registered).incarnation);
    expect(await adminRequest(socket, 'GET', '/v1/status')).toMatchObject({ revision: 1, records: { port: 6 } });
    await third.stop();
    await run(listen);
    expect(await register(listen)).toHaveProperty('incarnation', (after as Registered).incarnation);
  });

  test('answers requests that make no sense with what is wrong', async () => {
    const listen = await freeEndpoint();
    const { socket } = options(listen);
    await run(listen);
    expect((await refusal(adminRequest(socket, 'GET', '/v1/records/prot'))).hint).toBe('did you mean port?');
    expect((await refusal(adminRequest(socket, 'POST', '/v1/apply', { records: 5 }))).code).toBe('invalid');
    expect((await refusal(adminRequest(socket, 'GET', '/v1/records/port/none'))).code).toBe('not-found');
    const unknown = { records: [{ kind: 'router', spec: {} }] };
    expect((await refusal(adminRequest(socket, 'POST', '/v1/apply', unknown))).message).toMatch(
      /no kind of record called "router"/,
    );
  });

  test('makes the folders of its database and its socket', async () => {
    const database = join(folder, 'state', 'of', 'mapper.db');
    const socket = join(folder, 'run', 'mapper.sock');
    await run(await freeEndpoint(), { database, socket });
    expect(await adminRequest(socket, 'GET', '/v1/status')).toMatchObject({ revision: 0 });
  });

  test('says why it cannot start, and leaves nothing behind', async () => {
    const listen = await freeEndpoint();
    await run(listen);
    const second = options(listen);
    expect(
      await refusal(runMapper({ ...second, socket: join(folder, 'b.sock'), database: join(folder, 'b.db') })),
    ).toMatchObject({
      code: 'in-use',
      message: `another program listens on 127.0.0.1:${listen.port}`,
    });
    const other = await freeEndpoint();
    expect((await refusal(runMapper({ ...options(other), database: join(folder, 'b.db') }))).code).toBe('in-use');
    const elsewhere = parseEndpoint('192.0.2.1', 7791) as Endpoint;
    expect((await refusal(runMapper({ ...options(elsewhere), socket: join(folder, 'c.sock') }))).code).toBe('invalid');
    // What failed has let go of the address it had.
    await run(other, { socket: join(folder, 'd.sock'), database: join(folder, 'd.db') });
  });

  test('refuses a database that is none', async () => {
    const listen = await freeEndpoint();
    const database = join(folder, 'nonsense.db');
    await writeFile(database, 'this is not a database, and it is long enough to be looked at'.repeat(100));
    expect((await refusal(runMapper({ ...options(listen), database }))).message).toContain(database);
    await mkdir(join(folder, 'directory.db'));
    await chmod(join(folder, 'directory.db'), 0o755);
    expect(
      (await refusal(runMapper({ ...options(listen), database: join(folder, 'directory.db') }))).message,
    ).toContain('directory.db');
  });
});

async function register(listen: Endpoint) {
  const layer = plainSessionLayer();
  const socket = createSocket('udp4');
  const body = {
    kind: 'register',
    host: 'x',
    boot: '0123456789abcdef',
    agentVersion: '0.1.0',
    frameworks: ['udp/2.0'],
  } as const;
  socket.send(layer.seal(encodeMessage({ id: 1, session: 0, body }), listen), listen.port, '127.0.0.1');
  const [datagram] = (await once(socket, 'message')) as [Uint8Array];
  socket.close();
  return decodeMessage(layer.open(datagram, listen) ?? new Uint8Array()).body;
}
