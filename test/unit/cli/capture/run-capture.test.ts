import { PassThrough, Writable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { Command } from 'commander';
import { afterEach, expect, test } from 'vitest';
import type { StreamDocument } from '../../../../src/admin/stream-documents.ts';
import { addCaptureCommand } from '../../../../src/cli/commands/capture.ts';
import { readCapture } from '../../../../src/cli/decode/capture-reader.ts';
import { chunksOf } from '../decode/capture-files.ts';
import { type FakeDaemon, FakeStream, openFakeDaemon } from '../fake-daemon.ts';
import { TestProcess } from '../run-command.ts';
import { PACKET } from '../sample-streams.ts';

let daemon: FakeDaemon | undefined;

afterEach(async () => {
  await daemon?.close();
  daemon = undefined;
});

const GUEST: StreamDocument = { ...PACKET, side: 'guest', at: 'a30' };

async function capture(stream: FakeStream, words: string, process: TestProcess, output: Writable): Promise<void> {
  daemon = await openFakeDaemon({ 'GET /v1/follow/packets': stream });
  const program = new Command().exitOverride();
  addCaptureCommand(program, process, () => output);
  const all = ['capture', '--port', 'a30', '-o', '-', '--socket', daemon.socket, ...words.split(' ').filter(Boolean)];
  await program.parseAsync(all, { from: 'user' });
}

async function packetsIn(output: PassThrough): Promise<number> {
  output.end();
  let packets = 0;
  for await (const _ of readCapture(chunksOf(await buffer(output), 100))) packets++;
  return packets;
}

test('an agent that ends the stream is an error, and what was captured is written whole', async () => {
  const output = new PassThrough();
  const process = new TestProcess();
  await expect(capture(new FakeStream([GUEST, GUEST]), '', process, output)).rejects.toMatchObject({
    code: 'unfinished',
    message: 'the agent ended the stream',
  });
  expect(process.complained).toContain('weft: 2 packets captured (a30 2)\n');
  expect(await packetsIn(output)).toBe(2);
});

test.each(['--count 2', '--for 1', 'SIGINT'])('%s ends it with status 0', async (ending) => {
  const output = new PassThrough();
  const process = new TestProcess();
  if (ending === 'SIGINT') output.once('data', () => process.signal('SIGINT'));
  await capture(new FakeStream([GUEST, GUEST], false), ending === 'SIGINT' ? '' : ending, process, output);
  expect(process.exitCode).toBe(0);
  expect(process.listeners).toBe(0);
});

test('what the agent lost is told, of each interface in the capture too', async () => {
  const lost: StreamDocument = {
    schema: 'netweft.lost/v1',
    lost: 12,
    places: [{ at: 'a30', lost: 7 }, { lost: 5 }],
  };
  const output = new PassThrough();
  const process = new TestProcess();
  await capture(new FakeStream([lost, GUEST], false), '--count 1', process, output);
  expect(process.complained).toMatch(/ 1 packet captured \(a30 1\); lost, .*: a30 7; 5 verdicts lost\n/);
  output.end();
  const statistics = (await buffer(output)).subarray(-60);
  const [received, dropped] = [4, 5].map((option) => statistics.indexOf(Uint8Array.of(option, 0, 8, 0)));
  expect(statistics.readBigUInt64LE((received ?? 0) + 4)).toBe(8n);
  expect(statistics.readBigUInt64LE((dropped ?? 0) + 4)).toBe(7n);
});

test('a reader that stands still does not keep it from ending, and status 1 says that the end is missing', async () => {
  let began: () => void = () => {};
  const hasBegun = new Promise<void>((resolve) => {
    began = resolve;
  });
  const output = new Writable({ write: () => began() });
  const process = new TestProcess();
  const ended = capture(new FakeStream([GUEST], false), '', process, output);
  await hasBegun;
  process.signal('SIGINT');
  await ended;
  expect(process.complained).toContain('the capture lacks its end');
  expect([process.exitCode, process.exits]).toEqual([1, [1]]);
});
