import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, test, vi } from 'vitest';
import type { LostCause } from '../../src/agent/io/packet-io.ts';
import { UserError } from '../../src/base/errors.ts';
import {
  addNamespace,
  address,
  askingGuest,
  cleanUp,
  deleteInLoop,
  deleteNamespace,
  DEVICE,
  device,
  hasLink,
  HERE,
  ip,
  openIo,
  PREFIX,
  runGuest,
  threadNames,
} from './packet-io-fixture.ts';

afterEach(cleanUp);

/** How a device looks from inside the namespace. */
function showLink(namespace: string, name = DEVICE) {
  const [link] = JSON.parse(ip('-n', namespace, '-j', 'link', 'show', 'dev', name));
  return link;
}

test('makes the device as it was asked for, and quiet', async () => {
  const namespace = addNamespace('a');
  const { io, seen } = await openIo(HERE);
  const routes = [
    { address: address('10.20.0.0'), length: 16 },
    { address: 0, length: 0 },
  ];
  await io.openPort(1, device(namespace, { mtu: 9000, routes }));
  expect(showLink(namespace)).toMatchObject({ mtu: 9000, txqlen: 1000 });
  expect(showLink(namespace).flags).toContain('UP');
  const table: { dst: string }[] = JSON.parse(ip('-n', namespace, '-j', 'route', 'show', 'dev', DEVICE));
  expect(table.map(({ dst }) => dst).sort()).toEqual(['10.20.0.0/16', '10.9.0.0/24', 'default']);
  expect(ip('-n', namespace, '-6', 'address', 'show', 'dev', DEVICE)).toBe('');
  expect(seen).toEqual([]);
});

test('makes a device in its own namespace when no other is named', async () => {
  const { io } = await openIo(HERE);
  await io.openPort(1, device(undefined, { addresses: [] }));
  expect(threadNames()).toContain('weft-worker');
  expect(ip('link', 'show', 'dev', DEVICE)).toContain('mtu 1400');
  await io.close();
  expect(ip('-j', 'link', 'show')).not.toContain(`"${DEVICE}"`);
});

test('refuses a name that is taken, in either namespace', async () => {
  const namespace = addNamespace('a');
  const { io } = await openIo(HERE);
  ip('-n', namespace, 'tuntap', 'add', 'dev', DEVICE, 'mode', 'tun');
  await expect(io.openPort(1, device(namespace))).rejects.toMatchObject({ name: 'UserError', code: 'in-use' });
  await expect(io.openPort(1, device(undefined, { name: 'lo' }))).rejects.toMatchObject({ code: 'in-use' });
  expect(JSON.parse(ip('-n', namespace, '-j', 'link', 'show'))).toHaveLength(2);
  await io.openPort(1, device(namespace, { name: 'wtio1' }));
});

test.each([
  [`${PREFIX}-none`, 'not-found'],
  ['/run/netns-none/x', 'not-found'],
  ['/proc/version', 'not-found'],
  ['/proc/version/x', 'not-found'],
  ['/proc', 'not-found'],
  ['/proc/self/ns/mnt', 'not-found'],
  ['x'.repeat(300), 'not-found'],
  ['../x', 'invalid'],
])('refuses the namespace %s as %s', async (namespace, code) => {
  const { io } = await openIo(HERE);
  await expect(io.openPort(1, device(namespace))).rejects.toMatchObject({ name: 'UserError', code });
});

test('refuses a namespace that is a socket', async () => {
  const { io } = await openIo(HERE);
  const directory = await mkdtemp(join(tmpdir(), 'wtio-'));
  const server = createServer();
  try {
    const path = join(directory, 'socket');
    server.listen(path);
    await once(server, 'listening');
    await expect(io.openPort(1, device(path))).rejects.toMatchObject({ name: 'UserError', code: 'not-found' });
  } finally {
    server.close();
    await rm(directory, { recursive: true });
  }
});

test('refuses settings that contradict each other and leaves no device', async () => {
  const namespace = addNamespace('a');
  const { io } = await openIo(HERE);
  const twice = { address: address('10.9.0.1'), length: 24 };
  const refused = io.openPort(1, device(namespace, { addresses: [twice, twice] }));
  await expect(refused).rejects.toMatchObject({ name: 'UserError', code: 'conflict' });
  expect(hasLink(namespace)).toBe(false);
  await io.openPort(1, device(namespace));
});

/** Renames the device; kernels before 6.3 want it down for that, and then that is why it is lost. */
function rename(namespace: string): LostCause {
  try {
    ip('-n', namespace, 'link', 'set', DEVICE, 'name', 'other');
    return 'renamed';
  } catch {
    ip('-n', namespace, 'link', 'set', DEVICE, 'down');
    return 'down';
  }
}

function takeDown(namespace: string): LostCause {
  ip('-n', namespace, 'link', 'set', DEVICE, 'down');
  return 'down';
}

function remove(namespace: string): LostCause {
  ip('-n', namespace, 'link', 'delete', DEVICE);
  return 'deleted';
}

test.each([
  ['deleted', remove],
  ['renamed', rename],
  ['put down', takeDown],
])('a device that was %s is lost, gone, and can be made anew', async (_, take) => {
  const namespace = addNamespace('a');
  const bystander = addNamespace('b');
  const { io, seen, lost } = await openIo(HERE);
  await io.openPort(3, device(namespace));
  await io.openPort(4, device(bystander));
  const cause = take(namespace);
  await vi.waitUntil(() => lost.length > 0, { timeout: 10_000 });
  expect(lost).toEqual([{ port: 3, cause }]);
  expect(hasLink(namespace)).toBe(false);
  expect(hasLink(namespace, 'other')).toBe(false);

  await io.openPort(3, device(namespace));
  runGuest(namespace, askingGuest('again'));
  await vi.waitUntil(() => seen.length > 0, { timeout: 10_000 });
  expect(seen[0]).toMatchObject({ kind: 'guest', port: 3 });
  expect(lost).toHaveLength(1);
});

test('a guest that deletes the device while it is made is told of as such, and breaks nothing', async () => {
  const namespace = addNamespace('a');
  const { io, faults } = await openIo(HERE);
  deleteInLoop(namespace);
  const failures: unknown[] = [];
  const taken = () => failures.filter((error) => error instanceof UserError && /took the device/.test(error.message));
  for (let round = 0; round < 5000 && taken().length < 20; round++) {
    await io.openPort(1, device(namespace)).catch((error) => failures.push(error));
    io.closePort(1);
  }
  expect(taken()).toHaveLength(20);
  expect(failures.filter((error) => !(error instanceof UserError))).toEqual([]);
  expect(faults).toEqual([]);
  await io.openPort(1, device(namespace, { name: 'wtio1' }));
}, 30_000);

test('a device whose namespace was deleted is lost', async () => {
  const namespace = addNamespace('a');
  const { io, lost } = await openIo(HERE);
  await io.openPort(3, device(namespace));
  deleteNamespace(namespace);
  await vi.waitUntil(() => lost.length > 0, { timeout: 20_000 });
  expect(lost).toEqual([{ port: 3, cause: 'deleted' }]);
  addNamespace('a');
  await io.openPort(3, device(namespace));
});

test('a closed port is not lost, and its name is free at once', async () => {
  const namespace = addNamespace('a');
  const { io, lost } = await openIo(HERE);
  for (let round = 0; round < 5; round++) {
    await io.openPort(3, device(namespace));
    io.closePort(3);
  }
  const unasked = io.openPort(3, device(namespace)).catch((error) => error);
  io.closePort(3);
  const unanswered = io.openPort(3, device(namespace)).catch((error) => error);
  // The worker is asked within these turns of the microtask queue; no answer is read before the next task.
  for (let turn = 0; turn < 10; turn++) await Promise.resolve();
  io.closePort(3);
  await io.openPort(3, device(namespace));
  expect(await unasked).toMatchObject({ name: 'UserError', code: 'conflict' });
  expect(await unanswered).toMatchObject({ name: 'UserError', code: 'conflict' });
  expect(hasLink(namespace)).toBe(true);
  expect(lost).toEqual([]);
});
