import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, expect, test, vi } from 'vitest';
import { RING_CAPACITY } from '../../src/agent/io/native-layout.ts';
import {
  addNamespace,
  askingGuest,
  cleanUp,
  device,
  EMPTY,
  guestText,
  hasLink,
  HERE,
  ip,
  openIo,
  runGuest,
  THERE,
  threadNames,
} from './packet-io-fixture.ts';

afterEach(cleanUp);

/** The packet as its receiver would answer it: ends swapped, which leaves every checksum right. */
function swapEnds(packet: Buffer): Buffer {
  const answer = Buffer.from(packet);
  packet.copy(answer, 12, 16, 20);
  packet.copy(answer, 16, 12, 16);
  packet.copy(answer, 20, 22, 24);
  packet.copy(answer, 22, 20, 22);
  return answer;
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

test('an idle worker moves whenever it was asked whether it does', async () => {
  const { io } = await openIo(HERE);
  for (let i = 0; i < 20; i++) await vi.waitUntil(() => io.isMoving(), { timeout: 10_000, interval: 1 });
  await io.close();
  expect([io.isMoving(), io.isMoving()].at(-1)).toBe(false);
});

test('carries packets from a guest to JavaScript and back', async () => {
  const namespace = addNamespace('a');
  const { io, seen } = await openIo(HERE);
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

test('exchanges datagrams with their TOS both ways', async () => {
  const one = await openIo(HERE);
  const two = await openIo(THERE);
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
  const one = await openIo(HERE);
  const two = await openIo(THERE);
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
  const one = await openIo(HERE);
  const two = await openIo(THERE);
  const sizes = [10, 65_508, 20];
  const datagrams = sizes.map((size) => new Uint8Array(size));
  const destination = two.io.underlay;
  one.io.send(datagrams.map((bytes) => ({ kind: 'underlay', destination, tos: 0, header: EMPTY, bytes })));
  await vi.waitUntil(() => two.seen.length === 2, { timeout: 10_000 });
  expect(two.seen.map((packet) => packet.bytes.length)).toEqual([10, 20]);
  // What was sent may arrive before it is counted.
  await vi.waitFor(() => expect(one.io.counters()).toMatchObject({ underlayTooLong: 1, underlayPacketsOut: 2 }));
});

test('leaves a guest unread while JavaScript is busy, then goes on', async () => {
  const namespace = addNamespace('a');
  const state = await openIo(HERE);
  await state.io.openPort(1, device(namespace));
  const flood = `
    const socket = require('node:dgram').createSocket('udp4');
    let left = 3000;
    const next = () => left-- > 0 ? socket.send(Buffer.alloc(1300), 4000, '10.9.0.2', next) : socket.close();
    next();
  `;
  // Nothing is read here meanwhile, so the guest's share of the ring fills, then its device's queue.
  execFileSync('ip', ['netns', 'exec', namespace, process.execPath, '-e', flood]);
  const { guestPacketsIn, inRingFull } = state.io.counters();
  expect(inRingFull).toBeGreaterThan(0);
  expect(guestPacketsIn * 1344).toBeLessThan(RING_CAPACITY / 2);
  await vi.waitUntil(() => state.seen.length > guestPacketsIn, { timeout: 10_000 });
  await vi.waitUntil(() => state.seen.length === state.io.counters().guestPacketsIn, { timeout: 10_000 });

  runGuest(namespace, askingGuest('still here?'));
  await vi.waitUntil(() => guestText(state.seen.at(-1)) === 'still here?', { timeout: 10_000 });
  expect(state.faults).toEqual([]);
});

/** Keeps the event loop busy for 100 us for each packet, whatever the machine. */
function consumeSlowly(packets: number): void {
  const end = process.hrtime.bigint() + BigInt(packets) * 100_000n;
  while (process.hrtime.bigint() < end);
}

test('a guest that floods costs another none of its packets, however slow JavaScript is', async () => {
  const state = await openIo(HERE);
  const [flooding, paced] = [addNamespace('a'), addNamespace('b')];
  await state.io.openPort(1, device(flooding));
  await state.io.openPort(2, device(paced));
  const numbers: number[] = [];
  state.onBatch = () => {
    const batch = state.seen.splice(0);
    for (const { port, bytes } of batch) if (port === 2) numbers.push(bytes.readUInt32BE(28));
    consumeSlowly(batch.length);
  };
  const flood = `
    const socket = require('node:dgram').createSocket('udp4');
    const next = () => socket.send(Buffer.alloc(1300), 4000, '10.9.0.2', next);
    for (let i = 0; i < 8; i++) next();
  `;
  runGuest(flooding, flood);
  await vi.waitUntil(() => state.io.counters().inRingFull > 0, { timeout: 10_000 });
  // Fewer than the queue of a device holds: the kernel has no reason to drop any, however late it is read.
  const total = 600;
  const pace = `
    const socket = require('node:dgram').createSocket('udp4');
    const bytes = Buffer.alloc(100);
    let sent = 0;
    const timer = setInterval(() => {
      bytes.writeUInt32BE(sent++);
      socket.send(Buffer.from(bytes), 4000, '10.9.0.2');
      if (sent === ${total}) clearInterval(timer), console.log('sent');
    }, 1);
  `;
  expect((await runGuest(paced, pace).lines.next()).value).toBe('sent');
  await vi.waitFor(() => expect(numbers).toHaveLength(total), { timeout: 10_000 });
  expect(numbers).toEqual(Array.from({ length: total }, (_, index) => index));
  expect(state.faults).toEqual([]);
}, 30_000);

test('drops and counts what no device takes', async () => {
  const namespace = addNamespace('a');
  const { io } = await openIo(HERE);
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
  const one = await openIo(HERE);
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

test('refuses an underlay address that is taken or not there', async () => {
  await openIo(HERE);
  await expect(openIo(HERE)).rejects.toMatchObject({ name: 'UserError', code: 'in-use' });
  await expect(openIo('192.0.2.1')).rejects.toMatchObject({ name: 'UserError', code: 'not-found' });
});

test('close leaves no device, thread or descriptor, also while a device is being opened', async () => {
  const namespace = addNamespace('a');
  const cycle = async (round: number) => {
    const { io } = await openIo(HERE);
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
  const { io } = await openIo(HERE);
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
