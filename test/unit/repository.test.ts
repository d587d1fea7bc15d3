import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { ROOT, sourceFiles } from './source-files.ts';

const MAX_LINES = 300;
const README_LINES = { least: 5, most: 25 };

const code = [
  ...sourceFiles('src', ['.ts']),
  ...sourceFiles('test', ['.ts']),
  ...sourceFiles('native', ['.cc', '.h', '.cpp', '.hpp']),
];
const documents = [
  ...sourceFiles('docs', ['.md']),
  ...sourceFiles('src', ['.md']),
  ...sourceFiles('proto', ['.proto']),
];

/** The comment that the file begins with, or an empty string. */
function firstComment(text: string): string {
  return /^(?:#!.*\n)?\s*(\/\*[\s\S]*?\*\/|(?:\/\/.*\n)+)/.exec(text)?.[1] ?? '';
}

describe('files', () => {
  test(`one over ${MAX_LINES} lines says why in its first comment`, () => {
    const long = code.filter((file) => file.text.split('\n').length - 1 > MAX_LINES);
    const silent = long.filter(
      (file) => !/\b(long|length|lines|one file|in one place)\b/i.test(firstComment(file.text)),
    );
    expect(silent.map((file) => file.path)).toEqual([]);
  });

  test('none holds work that was put off', () => {
    const postponed = /\b(TODO|FIXME|XXX|HACK)\b/;
    const found = [...code, ...documents].filter((file) => postponed.test(file.text));
    expect(found.map((file) => file.path).filter((path) => path !== 'test/unit/repository.test.ts')).toEqual([]);
  });

  test('no test is skipped or runs alone', () => {
    const found = sourceFiles('test', ['.test.ts']).filter((file) =>
      /\b(test|it|describe)\.(skip|only|todo|skipIf|runIf)\b/.test(file.text.replace(/\/\\b.*$/gm, '')),
    );
    expect(found.map((file) => file.path)).toEqual([]);
  });
});

test('each folder under src says in its README what it is and where to begin', () => {
  const folders = readdirSync(join(ROOT, 'src')).filter((name) => statSync(join(ROOT, 'src', name)).isDirectory());
  const wrong = folders.filter((folder) => {
    const path = join(ROOT, 'src', folder, 'README.md');
    if (!existsSync(path)) return true;
    const lines = readFileSync(path, 'utf8').trim().split('\n').length;
    return lines < README_LINES.least || lines > README_LINES.most;
  });
  expect(wrong).toEqual([]);
});

test('dependencies are pinned to exact versions', () => {
  const manifest = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as Record<string, object>;
  const versions = Object.entries({ ...manifest['dependencies'], ...manifest['devDependencies'] });
  expect(versions.length).toBeGreaterThan(5);
  expect(versions.filter(([, version]) => !/^\d+\.\d+\.\d+$/.test(String(version)))).toEqual([]);
});

test('the native core includes no header of Node', () => {
  const found = sourceFiles('native/core', ['.cc', '.h']).filter((file) =>
    /#include\s*[<"](napi|node|uv|v8)\b/.test(file.text),
  );
  expect(found.map((file) => file.path)).toEqual([]);
});

test('commands that people run are executable', () => {
  const commands = ['scripts/demo', 'scripts/test', 'scripts/setup', '.ci/run'];
  expect(commands.filter((path) => (statSync(join(ROOT, path)).mode & 0o111) === 0)).toEqual([]);
});
