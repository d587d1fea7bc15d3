import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ROOT } from '../source-files.ts';

const MAX_OUTPUT_BYTES = 64 * 1024 * 1024;

export const DISSECTOR = join(ROOT, 'packaging/wireshark/netweft.lua');

export function goldenPath(name: string): string {
  return join(ROOT, 'test/golden', `${name}.pcapng`);
}

export interface TsharkRun {
  readonly status: number | null;
  readonly out: string;
  /** Without what it says about being run by root. */
  readonly err: string;
}

/** Runs tshark with the dissector, or with what `home` has installed, and no preferences but the given. */
export function tshark(words: readonly string[], home?: string): TsharkRun {
  const load = home === undefined ? ['-X', `lua_script:${DISSECTOR}`] : [];
  const folder = mkdtempSync(join(tmpdir(), 'weft-tshark-'));
  try {
    const ran = spawnSync('tshark', [...load, '-n', ...words], {
      encoding: 'utf8',
      maxBuffer: MAX_OUTPUT_BYTES,
      env: { PATH: process.env['PATH'] ?? '', HOME: home ?? folder, LC_ALL: 'C.UTF-8', TZ: 'UTC' },
    });
    if (ran.error !== undefined) throw ran.error;
    return { status: ran.status, out: ran.stdout, err: ran.stderr.replace(/^Running as user "root".*\n/m, '') };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

export type TsharkRow = Readonly<Record<string, string>>;

/** The named fields of each packet; several values of one are separated by commas. Fails where tshark complains. */
export function tsharkFields(names: readonly string[], words: readonly string[]): TsharkRow[] {
  const { status, out, err } = tshark(['-T', 'fields', ...names.flatMap((name) => ['-e', name]), ...words]);
  if (status !== 0 || err !== '') throw new Error(`tshark ended with ${status}: ${err}`);
  const lines = out.split('\n').slice(0, -1);
  return lines.map((line) => {
    const values = line.split('\t');
    return Object.fromEntries(names.map((name, index) => [name, values[index] ?? '']));
  });
}
