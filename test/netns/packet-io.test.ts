import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, expect, test, vi } from 'vitest';
import { openNativePacketIo } from '../../src/agent/io/native-packet-io.ts';
import type { DeviceOptions, IoEvents, LostCause, PacketIo } from '../../src/agent/io/packet-io.ts';
import { parseAddress } from '../../src/base/ipv4.ts';

/** Namespaces of other runs of this file at the same time have other names. */
const PREFIX = `wt-io-${process.pid}`;
const DEVICE = 'wtio0';
const EMPTY = new Uint8Array();

/** A copy of an InPacket, whose bytes are only lent. */
interface Seen {
  readonly kind: 'guest' | 'underlay';
  readonly port: number;
  readonly tos: number;
  readonly bytes: Buffer;
}

interface Opened {
  readonly io: PacketIo;
  readonly seen: Seen[];
  readonly lost: { port: number; cause: LostCause }[];
  readonly faults: Error[];
  /** Called with each batch after it was noted. */
  onBatch: () => void;
}

const namespaces = new Set<string>();
const children = new Set<ChildProcess>();
const opened = new Set<Opened>();

afterEach(async () => {
  for (const child of children) {
    if (child.exitCode === null && child.signalCode === null) {
      child.kill('SIGKILL');
      await once(child, 'exit');
    }
  }
  children.clear();
  await Promise.all([...opened].map(({ io }) => io.close()));
  opened.clear();
  for (const name of namespaces) ip('netns', 'delete', name);
  namespaces.clear();
});

function ip(...args: string[]): string {
  return execFileSync('ip', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
}

function addNamespace(suffix: string): string {
  const name = `${PREFIX}-${suffix}`;
  ip('netns', 'add', name);
  namespaces.add(name);
  return name;
}

function deleteNamespace(name: string): void {
  ip('netns', 'delete', name);
  namespaces.delete(name);
}

function address(text: string): number {
  const value = parseAddress(text);
  if (value === undefined) throw new Error(`${text} is not an address`);
  return value;
}

function endpoint(text: string) {
  return { address: address(text), port: 7790 };
}

async function openIo(underlay: string): Promise<Opened> {
  const events: IoEvents = {
    onPackets(batch) {
      for (const packet of batch) {
        const bytes = Buffer.from(packet.bytes);
        if (packet.kind === 'guest') state.seen.push({ kind: 'guest', port: packet.port, tos: 0, bytes });
        else state.seen.push({ kind: 'underlay', port: packet.source.port, tos: packet.tos, bytes });
      }
      state.onBatch();
    },
    onPortLost: (port, cause) => void state.lost.push({ port, cause }),
    onFault: (error) => void state.faults.push(error),
  };
  const io = await openNativePacketIo({ underlay: endpoint(underlay) }, events);
  const state: Opened = { io, seen: [], lost: [], faults: [], onBatch: () => {} };
  opened.add(state);
  return state;
}

function device(namespace: string | undefined, changes: Partial<DeviceOptions> = {}): DeviceOptions {
  const addresses = [{ address: address('10.9.0.1'), length: 24 }];
  return { name: DEVICE, namespace, mtu: 1400, addresses, routes: [], ...changes };
}

/** Runs a script with node in the namespace of a guest; `lines` are those it prints. */
function runGuest(namespace: string, script: string): { lines: AsyncIterator<string>; child: ChildProcess } {
  const child = spawn('ip', ['netns', 'exec', namespace, process.execPath, '-e', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  children.add(child);
  return { child, lines: createInterface({ input: child.stdout })[Symbol.asyncIterator]() };
}

/** A guest that sends `text` to 10.9.0.2:4000 from port 4001 and prints the answer. */
function askingGuest(text: string): string {
  return `
    const socket = require('node:dgram').createSocket('udp4');
    socket.on('message', (message) => { console.log(message.toString()); socket.close(); });
    socket.bind(4001, '10.9.0.1', () => socket.send(${JSON.stringify(text)}, 4000, '10.9.0.2'));
  `;
}

/** The packet as its receiver would answer it: ends swapped, which leaves every checksum right. */
function swapEnds(packet: Buffer): Buffer {
  const answer = Buffer.from(packet);
  packet.copy(answer, 12, 16, 20);
  packet.copy(answer, 16, 12, 16);
  packet.copy(answer, 20, 22, 24);
  packet.copy(answer, 22, 20, 22);
  return answer;
}

function guestText(packet: Seen | undefined): string | undefined {
  return packet?.bytes.subarray(28).toString();
}

/** How a device looks from inside the namespace. */
function showLink(namespace: string, name = DEVICE) {
  const [link] = JSON.parse(ip('-n', namespace, '-j', 'link', 'show', 'dev', name));
  return link;
}

function hasLink(namespace: string, name = DEVICE): boolean {
  const links: { ifname: string }[] = JSON.parse(ip('-n', namespace, '-j', 'link', 'show'));
  return links.some(({ ifname }) => ifname === name);
}

function threadNames(): string[] {
  return readdirSync('/proc/self/task').map((id) => readFileSync(`/proc/self/task/${id}/comm`, 'utf8').trim());
}

function weftThreads(): string[] {
  return threadNames()
    .filter((name) => name.startsWith('weft'))
    .sort();
}

/** What each descriptor is, without numbers that differ from one opening to the next. */
function openFiles(): string[] {
  const script = 'for fd in /proc/$PPID/fd/*; do readlink "$fd"; done';
  const links = execFileSync('sh', ['-c', script], { encoding: 'utf8' }).split('\n');
  return links.map((link) => link.replace(/\[\d+\]/, '')).sort();
}

test('carries packets from a guest to JavaScript and back', async () => {
  const namespace = addNamespace('a');
  const { io, seen } = await openIo('127.77.0.1');
  await io.openPort(7, device(namespace));
  const guest = runGuest(namespace, askingGuest('are you there?'));
  await vi.waitUntil(() => seen.length > 0, { timeout: 10_000 });
  expect(seen.map(({ kind, port }) => ({ kind, port }))).toEqual([{ kind: 'guest', port: 7 }]);
  const [question] = seen;
  expect(guestText(question)).toBe('are you there?');

  io.send([{ kind: 'guest', port: 7, bytes: swapEnds(question?.bytes ?? Buffer.alloc(0)) }]);
  expect((await guest.lines.next()).value).toBe('are you there?');
  expect(io.counters()).toMatchObject({
    guestPacketsIn: 1,
    guestBytesIn: question?.bytes.length,
    guestPacketsOut: 1,
    guestBytesOut: question?.bytes.length,
    guestWriteDropped: 0,
  });
});

test('makes the device as it was asked for, and quiet', async () => {
  const namespace = addNamespace('a');
  const { io, seen } = await openIo('127.77.0.1');
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
  const { io } = await openIo('127.77.0.1');
  const name = `wtio${process.pid}`;
  await io.openPort(1, device(undefined, { name, addresses: [] }));
  expect(threadNames()).toContain('weft-worker');
  expect(ip('link', 'show', 'dev', name)).toContain('mtu 1400');
  await io.close();
  expect(ip('-j', 'link', 'show')).not.toContain(`"${name}"`);
});

test('exchanges datagrams with their TOS both ways', async () => {
  const one = await openIo('127.77.0.1');
  const two = await openIo('127.77.0.2');
  const header = Uint8Array.of(1, 2, 3);
  const bytes = new Uint8Array(60_000).fill(0xa5);
  const wanted = [0, 1, 0x2e << 2, 255];
  one.io.send(wanted.map((tos) => ({ kind: 'underlay', destination: two.io.underlay, tos, header, bytes })));
  await vi.waitUntil(() => two.seen.length === wanted.length, { timeout: 10_000 });
  expect(two.seen.map(({ tos }) => tos)).toEqual(wanted);
  expect(two.seen[0]?.bytes.equals(Buffer.concat([header, bytes]))).toBe(true);
  expect(two.seen[0]?.port).toBe(7790);

  two.io.send([{ kind: 'underlay', destination: one.io.underlay, tos: 3, header: EMPTY, bytes: header }]);
  await vi.waitUntil(() => one.seen.length === 1, { timeout: 10_000 });
  expect(one.seen[0]).toEqual({ kind: 'underlay', port: 7790, tos: 3, bytes: Buffer.from(header) });
});

test('delivers a long train of datagrams whole and in order, past many turns of the ring', async () => {
  const one = await openIo('127.77.0.1');
  const two = await openIo('127.77.0.2');
  const total = 20_000;
  let sent = 0;
  const sendSome = () => {
    const packets = [];
    for (; sent < total && sent < two.seen.length + 200; sent++) {
      const bytes = Buffer.alloc(4 + (sent % 1400), sent & 0xff);
      bytes.writeUInt32BE(sent);
      packets.push({ kind: 'underlay', destination: two.io.underlay, tos: 0, header: EMPTY, bytes } as const);
    }
    one.io.send(packets);
  };
  two.onBatch = sendSome;
  sendSome();
  await vi.waitUntil(() => two.seen.length === total, { timeout: 20_000 });
  const wrong = two.seen.filter(({ bytes }, index) => {
    return bytes.readUInt32BE() !== index || bytes.length !== 4 + (index % 1400) || bytes.at(-1) !== (index & 0xff);
  });
  expect(wrong).toEqual([]);
  expect(one.io.counters()).toMatchObject({ underlayPacketsOut: total, outRingFull: 0, underlaySendDropped: 0 });
  expect(two.io.counters()).toMatchObject({ underlayPacketsIn: total, inRingFull: 0, socketOverflow: 0 });
});

test('counts a datagram that is too long and sends those around it', async () => {
  const one = await openIo('127.77.0.1');
  const two = await openIo('127.77.0.2');
  const sizes = [10, 65_508, 20];
  const datagrams = sizes.map((size) => new Uint8Array(size));
  const destination = two.io.underlay;
  one.io.send(datagrams.map((bytes) => ({ kind: 'underlay', destination, tos: 0, header: EMPTY, bytes })));
  await vi.waitUntil(() => two.seen.length === 2, { timeout: 10_000 });
  expect(two.seen.map((packet) => packet.bytes.length)).toEqual([10, 20]);
  expect(one.io.counters()).toMatchObject({ underlayTooLong: 1, underlayPacketsOut: 2 });
});

test('drops and counts while JavaScript is busy, then goes on', async () => {
  const namespace = addNamespace('a');
  const state = await openIo('127.77.0.1');
  await state.io.openPort(1, device(namespace));
  const flood = `
    const socket = require('node:dgram').createSocket('udp4');
    let left = 6000;
    const next = () => left-- > 0 ? socket.send(Buffer.alloc(1300), 4000, '10.9.0.2', next) : socket.close();
    next();
  `;
  // On a busy machine the device's own queue drops most of a flood; nothing is read here meanwhile, so the ring fills.
  for (let round = 0; round < 20 && state.io.counters().inRingFull === 0; round++) {
    execFileSync('ip', ['netns', 'exec', namespace, process.execPath, '-e', flood]);
  }
  const { guestPacketsIn, inRingFull } = state.io.counters();
  expect(inRingFull).toBeGreaterThan(0);
  await vi.waitUntil(() => state.seen.length === guestPacketsIn - inRingFull, { timeout: 10_000 });

  runGuest(namespace, askingGuest('still here?'));
  await vi.waitUntil(() => guestText(state.seen.at(-1)) === 'still here?', { timeout: 10_000 });
  expect(state.faults).toEqual([]);
});

test('drops and counts what no device takes', async () => {
  const namespace = addNamespace('a');
  const { io } = await openIo('127.77.0.1');
  await io.openPort(1, device(namespace));
  const notIp = new Uint8Array(40);
  io.send([
    { kind: 'guest', port: 1, bytes: notIp },
    { kind: 'guest', port: 2, bytes: notIp },
  ]);
  await vi.waitUntil(() => io.counters().guestWriteDropped === 2, { timeout: 10_000 });
  expect(io.counters().guestPacketsOut).toBe(0);
});

test('an exception of the handler is reported and packets go on', async () => {
  const one = await openIo('127.77.0.1');
  const datagram = { kind: 'underlay', destination: one.io.underlay, tos: 0, header: EMPTY, bytes: EMPTY } as const;
  one.onBatch = () => {
    one.onBatch = () => {};
    throw new Error('planted');
  };
  one.io.send([datagram]);
  await vi.waitUntil(() => one.faults.length === 1, { timeout: 10_000 });
  expect(one.faults[0]?.message).toBe('planted');
  one.io.send([datagram]);
  await vi.waitUntil(() => one.seen.length === 2, { timeout: 10_000 });
});

test('refuses a name that is taken, in either namespace', async () => {
  const namespace = addNamespace('a');
  const { io } = await openIo('127.77.0.1');
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
  ['../x', 'invalid'],
])('refuses the namespace %s as %s', async (namespace, code) => {
  const { io } = await openIo('127.77.0.1');
  await expect(io.openPort(1, device(namespace))).rejects.toMatchObject({ name: 'UserError', code });
});

test('refuses settings that contradict each other and leaves no device', async () => {
  const namespace = addNamespace('a');
  const { io } = await openIo('127.77.0.1');
  const twice = { address: address('10.9.0.1'), length: 24 };
  const refused = io.openPort(1, device(namespace, { addresses: [twice, twice] }));
  await expect(refused).rejects.toMatchObject({ name: 'UserError', code: 'conflict' });
  expect(hasLink(namespace)).toBe(false);
  await io.openPort(1, device(namespace));
});

test('refuses an underlay address that is taken or not there', async () => {
  await openIo('127.77.0.1');
  await expect(openIo('127.77.0.1')).rejects.toMatchObject({ name: 'UserError', code: 'in-use' });
  await expect(openIo('192.0.2.1')).rejects.toMatchObject({ name: 'UserError', code: 'not-found' });
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
  const { io, seen, lost } = await openIo('127.77.0.1');
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

test('a device whose namespace was deleted is lost', async () => {
  const namespace = addNamespace('a');
  const { io, lost } = await openIo('127.77.0.1');
  await io.openPort(3, device(namespace));
  deleteNamespace(namespace);
  await vi.waitUntil(() => lost.length > 0, { timeout: 20_000 });
  expect(lost).toEqual([{ port: 3, cause: 'deleted' }]);
  addNamespace('a');
  await io.openPort(3, device(namespace));
});

test('a closed port is not lost, and its name is free at once', async () => {
  const namespace = addNamespace('a');
  const { io, lost } = await openIo('127.77.0.1');
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

test('close leaves no device, thread or descriptor, also while a device is being opened', async () => {
  const namespace = addNamespace('a');
  const cycle = async (round: number) => {
    const { io } = await openIo('127.77.0.1');
    await io.openPort(1, device(namespace));
    const late = io.openPort(2, device(namespace, { name: 'wtio1', addresses: [] })).catch((error) => error);
    if (round % 2 === 0) await late;
    await io.close();
    await late;
  };
  await cycle(0);
  const files = openFiles();
  const threads = readdirSync('/proc/self/task').length;
  for (let round = 0; round < 50; round++) await cycle(round);
  expect(openFiles()).toEqual(files);
  expect(weftThreads()).toEqual([]);
  expect(readdirSync('/proc/self/task').length).toBe(threads);
  expect(hasLink(namespace) || hasLink(namespace, 'wtio1')).toBe(false);
}, 60_000);

test('sleeps while nothing happens', async () => {
  const namespace = addNamespace('a');
  const { io } = await openIo('127.77.0.1');
  await io.openPort(1, device(namespace));
  expect(weftThreads()).toEqual(['weft-devices', 'weft-worker']);
  const switches = () => {
    const worker = readdirSync('/proc/self/task').find((id) => {
      return readFileSync(`/proc/self/task/${id}/comm`, 'utf8').trim() === 'weft-worker';
    });
    return /^voluntary_ctxt_switches:\s+(\d+)$/m.exec(readFileSync(`/proc/self/task/${worker}/status`, 'utf8'))?.[1];
  };
  await delay(100);
  const before = { wakeups: io.counters().wakeups, switches: switches() };
  await delay(500);
  expect({ wakeups: io.counters().wakeups, switches: switches() }).toEqual(before);
});

test.each([
  ['forgotten', ''],
  ['exited from', 'process.exit();'],
  ['exited from while it closes', 'worker.close(); process.exit();'],
  ['closed', 'worker.close();'],
])('an instance that is %s lets the process end and leaves nothing', async (_, ending) => {
  const addon = new URL('../../build/Release/netweft.node', import.meta.url).pathname;
  const script = `
    const { Worker } = require(${JSON.stringify(addon)});
    const worker = new Worker(0x7f4d0001, 7790, 2 << 20, () => {});
    worker.openDevice(1, 'wtiox', '', 1400, new Uint32Array(), new Uint32Array());
    ${ending}
  `;
  const namespace = addNamespace('a');
  ip('-n', namespace, 'link', 'set', 'lo', 'up');
  const { child } = runGuest(namespace, script);
  expect(await once(child, 'exit')).toEqual([0, null]);
  expect(hasLink(namespace, 'wtiox')).toBe(false);
});
