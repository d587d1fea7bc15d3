/** scripts/setup in a tree of its own, on a machine of which every tool is a dummy that notes how it was called. */
import { execFileSync, spawnSync } from 'node:child_process';
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { RUN_MARK } from '../../kit/run-mark.ts';

/** What the script itself is made of. */
const REAL =
  'bash cat chmod dirname find flock ln mkdir mktemp node rm setsid sha256sum sort tail touch uname xargs'.split(' ');
/** Of which the dummy of npm makes an addon that can be loaded. */
const HEADERS = 'pcap-config';

let folder = '';
let bin = '';
let called = '';

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), `weft-${RUN_MARK}-`));
  bin = join(folder, 'bin');
  called = join(folder, 'called');
  for (const path of ['bin', 'tree/scripts', 'tree/src', 'tree/proto', 'tree/dist']) {
    mkdirSync(join(folder, path), { recursive: true });
  }
  for (const file of ['scripts/setup', 'scripts/check-node.mjs', 'package.json'])
    cpSync(file, join(folder, 'tree', file));
  for (const file of ['scripts/build-proto.mjs', 'scripts/build-man.mjs', 'tsconfig.json', 'tsconfig.build.json']) {
    writeFileSync(join(folder, 'tree', file), '');
  }
  writeFileSync(join(folder, 'tree/package-lock.json'), '{}');
  script(join(folder, 'tree/scripts/build-native'), ':');
  for (const name of REAL)
    symlinkSync(execFileSync('sh', ['-c', `command -v ${name}`], { encoding: 'utf8' }).trim(), join(bin, name));
  for (const name of tools()) if (!existsSync(join(bin, name))) script(join(bin, name), ':');
  script(
    join(bin, 'apt-get'),
    `note apt-get "$@"; [[ $* != *libpcap-dev* ]] || { : >${bin}/${HEADERS}; chmod +x ${bin}/${HEADERS}; }`,
  );
  script(
    join(bin, 'npm'),
    `note npm "$@"; [[ $1 != ci ]] || { rm -rf node_modules; mkdir -p node_modules; ${INSTALL_CAP}; }`,
  );
});

afterEach(() => rmSync(folder, { recursive: true }));

const INSTALL_CAP = `if command -v ${HEADERS} && [[ ! -e unbuildable ]]; then mkdir node_modules/cap && : >node_modules/cap/index.js; fi`;

/** The commands that it looks for, but those that are told by a path. */
function tools(): string[] {
  const [, words = ''] = /^readonly TOOLS=\(([^)]+)\)/m.exec(readFileSync('scripts/setup', 'utf8')) ?? [];
  const names = words
    .trim()
    .split(/\s+/)
    .map((word) => word.split(':')[0] ?? '');
  expect(names).toContain(HEADERS);
  return names.filter((name) => !name.startsWith('/'));
}

function script(path: string, text: string): void {
  writeFileSync(path, `#!/bin/bash\nnote() { printf '%s\\n' "$*" >>${called}; }\n${text}\n`);
  chmodSync(path, 0o755);
}

/** Its status, what it said on standard error, and what it called since the last time. */
function setUp(): { status: number | null; err: string; calls: string[] } {
  rmSync(called, { force: true });
  const options = { encoding: 'utf8', env: { PATH: bin, TMPDIR: folder } } as const;
  const { status, stderr } = spawnSync(join(folder, 'tree/scripts/setup'), [], options);
  return { status, err: stderr, calls: existsSync(called) ? readFileSync(called, 'utf8').trim().split('\n') : [] };
}

test('a machine without the headers of libpcap gets them before npm packages are built, and once', () => {
  rmSync(join(bin, HEADERS));
  const { calls, ...ended } = setUp();
  expect(ended).toEqual({ status: 0, err: '' });
  expect(calls.map((call) => call.split(' ').at(-1))).toEqual(['update', 'libpcap-dev', '--no-fund', 'build']);
});

test('what npm left out is built as soon as it can be', () => {
  expect(setUp()).toMatchObject({ status: 0 });
  rmSync(join(folder, 'tree/node_modules/cap'), { recursive: true });
  expect(setUp().calls).toContain('npm ci --no-audit --no-fund');
  expect(setUp().calls).not.toContain('npm ci --no-audit --no-fund');
});

test('what cannot be built is told', () => {
  writeFileSync(join(folder, 'tree/unbuildable'), '');
  expect(setUp()).toMatchObject({ status: 1, err: expect.stringContaining('"cap" was not built') });
});
