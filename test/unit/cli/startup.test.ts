/** What is loaded before a command runs is what everybody waits for, also who only asked for help. */
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { ROOT, sourceFiles } from '../source-files.ts';

/** Those packages that take no time. */
const QUICK = ['commander', 'ipaddr.js', 'picocolors'];
const STATIC_IMPORT = /^(?:import|export)(?! type\b)[^'"`;]*?from\s+'([^']+)';|^import '([^']+)';/gm;

/** The packages that loading `path` loads, with every file on the way. */
function loadedPackages(path: string, seen: Set<string> = new Set()): Set<string> {
  if (seen.has(path)) return new Set();
  seen.add(path);
  const found = new Set<string>();
  for (const match of readFileSync(join(ROOT, path), 'utf8').matchAll(STATIC_IMPORT)) {
    const name = match[1] ?? match[2] ?? '';
    if (name.startsWith('node:')) continue;
    if (name.startsWith('.')) for (const inner of loadedPackages(join(dirname(path), name), seen)) found.add(inner);
    else found.add(name);
  }
  return found;
}

const commands = sourceFiles('src/cli/commands', ['.ts']).map(({ path }) => path);

test.each(['src/cli/main.ts', 'src/cli/run-process.ts', ...commands])('%s loads nothing that takes long', (path) => {
  const slow = [...loadedPackages(path)].filter((name) => !QUICK.includes(name));
  expect(slow).toEqual([]);
});

test('before SIGHUP is caught next to nothing is loaded', () => {
  const seen = new Set<string>();
  expect([...loadedPackages('src/cli/main.ts', seen)]).toEqual([]);
  expect([...seen]).toEqual(['src/cli/main.ts', 'src/cli/catch-reloads.ts']);
});

test('the walk sees what is loaded', () => {
  expect([...loadedPackages('src/admin/server.ts')]).toContain('fastify');
  expect([...loadedPackages('src/mapper/daemon.ts')]).toContain('typebox');
});
