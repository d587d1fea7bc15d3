import { join } from 'node:path';
import { expect, test } from 'vitest';
import { type SourceFile, sourceFiles } from './source-files.ts';

/** The folders of `src/` from the bottom up. A folder imports from those above it in this list, and from itself. */
const LAYERS = [
  ['base'],
  ['packet'],
  ['wire'],
  ['model'],
  ['pipeline'],
  ['fastpath'],
  ['control'],
  ['store'],
  ['admin'],
  ['events'],
  ['metrics', 'service'],
  ['mapper', 'agent'],
  ['lab'],
  ['config'],
  ['cli'],
] as const;

/** Folders that keep to less than their layer allows. */
const ONLY: Readonly<Record<string, readonly string[]>> = {
  store: ['base'],
  admin: ['base', 'model'],
  events: ['base', 'admin'],
  service: ['base'],
  config: ['base', 'wire', 'model'],
};

const IMPORT = /^\s*(?:import|export)\b[^'"`;]*?from\s+'([^']+)'|\bimport\(\s*'([^']+)'\s*\)|new URL\(\s*'(\.[^']+)'/gm;

function folderOf(path: string): string {
  return path.split('/')[1] ?? '';
}

function layerOf(folder: string): number {
  return LAYERS.findIndex((layer) => (layer as readonly string[]).includes(folder));
}

/** The paths, relative to the root, of the project's own files that `file` imports. */
function importsOf(file: SourceFile): string[] {
  return [...file.text.matchAll(IMPORT)]
    .map((match) => match[1] ?? match[2] ?? match[3] ?? '')
    .filter((name) => name.startsWith('.'))
    .map((name) => join(file.path, '..', name));
}

/** Says what is wrong with one import, or nothing. */
function fault(from: string, to: string): string | undefined {
  if (!to.startsWith('src/')) return undefined;
  const [importer, imported] = [folderOf(from), folderOf(to)];
  if (importer === imported) return undefined;
  const allowed = ONLY[importer];
  if (allowed !== undefined && !allowed.includes(imported)) return `${from} imports ${to}: ${importer}/ may not`;
  if (layerOf(imported) >= layerOf(importer)) return `${from} imports ${to}: upwards or sideways`;
  return undefined;
}

const files = sourceFiles('src', ['.ts']);

test('every folder of src has its place in the order', () => {
  const folders = new Set(files.map((file) => folderOf(file.path)));
  expect([...folders].filter((folder) => layerOf(folder) < 0)).toEqual([]);
});

test('imports go downwards only', () => {
  expect(files.length).toBeGreaterThan(50);
  const faults = files.flatMap((file) => importsOf(file).map((to) => fault(file.path, to)));
  expect(faults.filter((found) => found !== undefined)).toEqual([]);
});

test('the rule sees every form of import', () => {
  const text = [
    `import { a } from '../cli/a.ts';`,
    `import {\n  b,\n} from '../cli/b.ts';`,
    `export * from '../cli/c.ts';`,
    `const d = await import('../cli/d.ts');`,
    `new Worker(new URL('../cli/e.ts', import.meta.url));`,
    `import type { f } from '../cli/f.ts';`,
  ].join('\n');
  const file = { path: 'src/base/x.ts', text };
  expect(importsOf(file).map((to) => fault(file.path, to))).toHaveLength(6);
  expect(importsOf(file).every((to) => fault(file.path, to) !== undefined)).toBe(true);
});

test('the agent and the mapping daemon do not import each other', () => {
  expect(fault('src/agent/a.ts', 'src/mapper/b.ts')).toBeDefined();
  expect(fault('src/mapper/a.ts', 'src/agent/b.ts')).toBeDefined();
  expect(fault('src/lab/a.ts', 'src/agent/b.ts')).toBeUndefined();
});
