import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { readConfigFile } from '../../../src/config/read-config-file.ts';

let folder = '';

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'weft-read-'));
});

afterAll(() => rmSync(folder, { recursive: true }));

test('text, through a link, without the mark of its byte order', async () => {
  const path = join(folder, 'text.yaml');
  writeFileSync(path, '\ufeffhost: \u00fc\n');
  symlinkSync(path, join(folder, 'link.yaml'));
  expect(await readConfigFile(join(folder, 'link.yaml'))).toBe('host: \u00fc\n');
  writeFileSync(path, '');
  expect(await readConfigFile(path)).toBe('');
});

test('a pipe that nobody writes to, and a folder, are refused at once', async () => {
  const pipe = join(folder, 'pipe');
  execFileSync('mkfifo', [pipe]);
  mkdirSync(join(folder, 'folder'));
  for (const path of [pipe, join(folder, 'folder')]) {
    await expect(readConfigFile(path)).rejects.toMatchObject({
      code: 'invalid',
      message: `${path} is not a regular file`,
    });
  }
});

test.each([
  [65_536, undefined],
  [65_537, 'limit'],
])('%d bytes: %s', async (size, code) => {
  const path = join(folder, 'long.yaml');
  writeFileSync(path, '#'.repeat(size));
  const refused: unknown = await readConfigFile(path).then(
    () => undefined,
    (error: { readonly code: string }) => error.code,
  );
  expect(refused).toBe(code);
});

test('what is not there is not found, and what cannot be there is told', async () => {
  await expect(readConfigFile(join(folder, 'none'))).rejects.toMatchObject({ code: 'not-found' });
  await expect(readConfigFile(join(folder, 'text.yaml', 'below'))).rejects.toMatchObject({ code: 'invalid' });
});
