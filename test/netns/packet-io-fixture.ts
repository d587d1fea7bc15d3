/** What the tests of packet input and output share: namespaces, guests in them, and an open PacketIo. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { openNativePacketIo } from '../../src/agent/io/native-packet-io.ts';
import type { DeviceOptions, IoEvents, LostCause, PacketIo } from '../../src/agent/io/packet-io.ts';
import { formatAddress, parseAddress } from '../../src/base/ipv4.ts';
import { RUN_MARK } from '../kit/run-mark.ts';

/** Namespaces of other runs of this file at the same time have other names. */
export const PREFIX = `wt-io-${process.pid}-${RUN_MARK}`;
export const DEVICE = `wti-${RUN_MARK}`;
export const EMPTY = new Uint8Array();
/** Two underlay addresses that no other process's tests listen on: a process has four loopback addresses of its own. */
export const HERE = loopback(1);
export const THERE = loopback(2);

/** A copy of an InPacket, whose bytes are only lent. */
export interface Seen {
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

/** Ends whatever a test has started: to be called after each. */
export async function cleanUp(): Promise<void> {
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
}

export function ip(...args: string[]): string {
  return execFileSync('ip', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
}

export function addNamespace(suffix: string): string {
  const name = `${PREFIX}-${suffix}`;
  ip('netns', 'add', name);
  namespaces.add(name);
  return name;
}

export function deleteNamespace(name: string): void {
  ip('netns', 'delete', name);
  namespaces.delete(name);
}

export function address(text: string): number {
  const value = parseAddress(text);
  if (value === undefined) throw new Error(`${text} is not an address`);
  return value;
}

function loopback(which: number): string {
  return formatAddress(((127 << 24) + process.pid * 4 + which) >>> 0);
}

function endpoint(text: string) {
  return { address: address(text), port: 7790 };
}

export async function openIo(underlay: string): Promise<Opened> {
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

export function device(namespace: string | undefined, changes: Partial<DeviceOptions> = {}): DeviceOptions {
  const addresses = [{ address: address('10.9.0.1'), length: 24 }];
  return { name: DEVICE, namespace, mtu: 1400, addresses, routes: [], ...changes };
}

/** Runs a script with node in the namespace of a guest; `lines` are those it prints. */
export function runGuest(namespace: string, script: string): { lines: AsyncIterator<string>; child: ChildProcess } {
  const child = spawn('ip', ['netns', 'exec', namespace, process.execPath, '-e', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  children.add(child);
  return { child, lines: createInterface({ input: child.stdout })[Symbol.asyncIterator]() };
}

/** A guest's root that deletes the device again and again, as often as it can, until the test ends. */
export function deleteInLoop(namespace: string): void {
  const orders = spawn('yes', [`link delete dev ${DEVICE}`], { stdio: ['ignore', 'pipe', 'ignore'] });
  const deleting = spawn('ip', ['-n', namespace, '-force', '-batch', '-'], {
    stdio: [orders.stdout, 'ignore', 'ignore'],
  });
  children.add(orders).add(deleting);
}

/** A guest that sends `text` to 10.9.0.2:4000 from port 4001 and prints the answer. */
export function askingGuest(text: string): string {
  return `
    const socket = require('node:dgram').createSocket('udp4');
    socket.on('message', (message) => { console.log(message.toString()); socket.close(); });
    socket.bind(4001, '10.9.0.1', () => socket.send(${JSON.stringify(text)}, 4000, '10.9.0.2'));
  `;
}

export function guestText(packet: Seen | undefined): string | undefined {
  return packet?.bytes.subarray(28).toString();
}

export function hasLink(namespace: string, name = DEVICE): boolean {
  const links: { ifname: string }[] = JSON.parse(ip('-n', namespace, '-j', 'link', 'show'));
  return links.some(({ ifname }) => ifname === name);
}

export function threadNames(): string[] {
  return readdirSync('/proc/self/task').map((id) => readFileSync(`/proc/self/task/${id}/comm`, 'utf8').trim());
}
