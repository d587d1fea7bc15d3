import { Readable } from 'node:stream';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Command } from 'commander';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { interfaceBlock, packetBlock, sectionHeader } from '../../../src/cli/capture/pcapng-writer.ts';
import { addExplainCommand } from '../../../src/cli/commands/explain.ts';
import { type FakeDaemon, openFakeDaemon } from './fake-daemon.ts';
import { type Ran, runCommand, TestProcess } from './run-command.ts';
import * as sample from './sample-documents.ts';
import { address, GNI_A, header } from '../../kit/cloud-of-one.ts';
import { udpPacket } from '../../kit/agent-bench.ts';
import { buildUdp } from '../../../src/packet/build.ts';

const LINK_RAW = 101;
const inner = udpPacket('10.1.2.50', '10.1.2.30');
const head = header('udp/2.0', { sourceGni: GNI_A, destinationGni: GNI_A, agreement: 2, labels: [] });
const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');

function outer(
  source: string,
  destination: string,
  payload = Uint8Array.from([...head, ...inner]),
  tos = 0,
): Uint8Array {
  const ports = { sourcePort: 7790, destinationPort: 7790 };
  return buildUdp({ source: address(source), destination: address(destination), ...ports, payload, tos });
}

/** Packets by number, from 1; a cut one was longer on the wire. */
const PACKETS: readonly { bytes: Uint8Array; at: 'a30' | 'eth0'; out?: true; cut?: true; comment?: string }[] = [
  { bytes: outer('198.18.0.2', '198.18.0.1', undefined, 3), at: 'eth0', comment: 'netweft: deliver; by port a30' },
  { bytes: outer('198.18.0.1', '198.18.0.2'), at: 'eth0' },
  { bytes: outer('198.18.0.2', '198.18.0.3'), at: 'eth0' },
  { bytes: udpPacket('10.1.2.30', '10.1.2.50'), at: 'a30' },
  { bytes: udpPacket('10.1.2.50', '10.1.2.30'), at: 'a30', out: true },
  { bytes: udpPacket('10.1.2.30', '10.1.2.50'), at: 'a30', cut: true },
  { bytes: outer('198.18.0.2', '198.18.0.1', new Uint8Array(9)), at: 'eth0' },
  { bytes: Uint8Array.of(1, 2, 3), at: 'eth0' },
  { bytes: udpPacket('10.1.2.50', '10.1.2.30'), at: 'eth0' },
];

function captureBytes(): Uint8Array {
  const names = ['a30', 'eth0'] as const;
  const interfaces = names.map((name) => interfaceBlock({ name, description: '', linkType: LINK_RAW, snapLength: 0 }));
  const packets = PACKETS.map(({ bytes, at, out, cut, comment }) =>
    packetBlock({
      interfaceIndex: names.indexOf(at),
      timeNs: 1_795_000_000_123_456_789n,
      bytes,
      originalLength: bytes.length + (cut ? 1 : 0),
      direction: out ? 'outbound' : 'inbound',
      ...(comment === undefined ? {} : { comment }),
    }),
  );
  return Buffer.concat([sectionHeader('test'), ...interfaces, ...packets]);
}

let folder: string;
let file: string;
let daemon: FakeDaemon | undefined;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'weft-'));
  file = join(folder, 'x:y.pcapng');
  writeFileSync(file, captureBytes());
});
afterAll(() => rmSync(folder, { recursive: true }));
afterEach(async () => {
  await daemon?.close();
  daemon = undefined;
});

const ANSWERS = {
  'GET /v1/status': { ...sample.AGENT_STATUS, underlay: '198.18.0.1:7790' },
  'GET /v1/ports': sample.PORTS,
  'POST /v1/explain': sample.EXPLAIN,
};

async function explain(number: number | string, ...more: string[]): Promise<Ran> {
  daemon = await openFakeDaemon(ANSWERS);
  return runCommand(['explain', '--from-capture', `${file}:${number}`, ...more, '--socket', daemon.socket]);
}

const asked = () => daemon?.asked.at(-1)?.body;

describe('weft explain --from-capture', () => {
  test('a datagram that the host received: its sender, header, packet and outer TOS', async () => {
    const ran = await explain(1);
    expect(asked()).toEqual({ from: '198.18.0.2:7790', header: hex(head), packet: hex(inner), tos: 3 });
    expect(ran.out).toContain('captured  2026-11-18T11:06:40.123456789Z on eth0 (netweft: deliver; by port a30)');
  });

  test('a datagram without an envelope of ours, whole', async () => {
    await explain(7);
    expect(asked()).toEqual({ from: '198.18.0.2:7790', header: '00'.repeat(9), packet: '', tos: 0 });
  });

  test('what a guest sent, by the interface that is named after its port', async () => {
    await explain(4);
    expect(asked()).toEqual({ port: 'a30', packet: hex(udpPacket('10.1.2.30', '10.1.2.50')) });
  });

  test('a packet of the guest that --port names, wherever it was captured', async () => {
    await explain(4, '--port', 'b30');
    expect(asked()).toEqual({ port: 'b30', packet: hex(udpPacket('10.1.2.30', '10.1.2.50')) });
  });

  test.each([
    [2, 1, 'this host, 198.18.0.1:7790, sent it to 198.18.0.2:7790; ask the agent of the host that it went to'],
    [3, 1, 'it went to 198.18.0.3:7790, and this host is 198.18.0.1:7790'],
    [5, 1, 'it went to the guest behind a30'],
    [6, 1, 'only 32 of its 33 bytes were captured; capture whole packets'],
    [8, 1, 'it is no UDP datagram; for a packet of a guest give --port'],
    [10, 5, 'has no packet 10; it has 9; the first is 1'],
  ])('packet %i is refused with status %i and the reason: %s', async (number, status, reason) => {
    const ran = await explain(number);
    expect(ran).toMatchObject({ code: status, out: '' });
    expect(ran.err).toContain(reason);
  });

  test('what went to the port that --port names is refused, also where the capture tells no direction', async () => {
    const ran = await explain(9, '--port', 'a30');
    expect(ran).toMatchObject({ code: 1, out: '' });
    expect(ran.err).toContain('it went to the guest behind a30');
  });

  test.each(['0', 'x', '-1', ''])('`FILE:%s` is a usage error', async (number) => {
    expect(await explain(number)).toMatchObject({ code: 2 });
  });

  test('goes with no other description of the packet', async () => {
    expect(await explain(1, '--to', '10.1.2.50')).toMatchObject({ code: 2 });
  });

  test('a file that is not there, or no capture, is refused', async () => {
    const missing = await runCommand(['explain', '--from-capture', join(folder, 'none:1')]);
    expect(missing).toMatchObject({ code: 5, out: '' });
    const text = join(folder, 'text');
    writeFileSync(text, 'no capture');
    expect(await runCommand(['explain', '--from-capture', `${text}:1`])).toMatchObject({ code: 1, out: '' });
  });

  test('reads standard input', async () => {
    daemon = await openFakeDaemon(ANSWERS);
    const program = new Command();
    addExplainCommand(program, new TestProcess(), () => Readable.from([captureBytes()]));
    await program.parseAsync(['explain', '--from-capture', '-:4', '--socket', daemon.socket], { from: 'user' });
    expect(asked()).toMatchObject({ port: 'a30' });
  });

  test('tells that a packet waits, or was dropped, by its status as ever', async () => {
    daemon = await openFakeDaemon({
      ...ANSWERS,
      'POST /v1/explain': { ...sample.EXPLAIN, outcome: 'drop', reason: 'no-subnet' },
    });
    const ran = await runCommand(['explain', '--from-capture', `${file}:4`, '--socket', daemon.socket]);
    expect(ran).toMatchObject({ code: 1 });
  });
});
