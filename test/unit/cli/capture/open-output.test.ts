import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { createReadStream, mkdtempSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Writable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openOutput } from '../../../../src/cli/capture/open-output.ts';

let folder: string;
let path: string;
const never = new AbortController().signal;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'weft-'));
  path = join(folder, 'seen.pcapng');
});

afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

async function writeTo(output: Writable | undefined, words: string): Promise<void> {
  output?.end(words);
  if (output !== undefined) await once(output, 'close');
}

test.each([undefined, 0o644])('a file (before: mode %s) becomes empty and its owner’s alone', async (mode) => {
  if (mode !== undefined) writeFileSync(path, 'what was there before', { mode });
  await writeTo(await openOutput(path, never), 'new');
  expect(readFileSync(path, 'utf8')).toBe('new');
  expect(statSync(path).mode & 0o777).toBe(0o600);
});

test.each(['there', 'not there'])('a link to a file that is %s is refused and the file untouched', async (target) => {
  const aim = join(folder, 'aim');
  if (target === 'there') writeFileSync(aim, 'precious');
  symlinkSync(aim, path);
  await expect(openOutput(path, never)).rejects.toMatchObject({ code: 'invalid' });
  if (target === 'there') expect(readFileSync(aim, 'utf8')).toBe('precious');
  else expect(() => statSync(aim)).toThrow('ENOENT');
});

test('a device may be a link', async () => {
  symlinkSync('/dev/null', path);
  await writeTo(await openOutput(path, never), 'gone');
});

test('a named pipe is written once somebody reads it', async () => {
  execFileSync('mkfifo', [path]);
  const opening = openOutput(path, never);
  const reading = text(createReadStream(path));
  await writeTo(await opening, 'through the pipe');
  expect(await reading).toBe('through the pipe');
});

test('a named pipe that nobody reads does not keep one from ending', async () => {
  execFileSync('mkfifo', [path]);
  const ending = new AbortController();
  const opening = openOutput(path, ending.signal);
  ending.abort();
  expect(await opening).toBeUndefined();
});
