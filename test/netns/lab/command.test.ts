import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { RUN_MARK } from '../../kit/run-mark.ts';

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));
const MAIN = join(ROOT, 'dist/cli/main.js');
const LAB = `wt-cli-${process.pid}-${RUN_MARK}`;

let folder = '';
let file = '';

/** Runs the built program as a person does. */
function weft(...words: string[]): { status: number | null; out: string; err: string } {
  const { status, stdout, stderr } = spawnSync(process.execPath, [MAIN, ...words], {
    encoding: 'utf8',
    timeout: 60_000,
  });
  return { status, out: stdout, err: stderr };
}

/** The example, as a lab of another name, so that it meets no other lab of this machine. */
function cloudFile(): string {
  return readFileSync(join(ROOT, 'examples/two-tenants.yaml'), 'utf8')
    .replaceAll(/namespace: (\w+)/g, `namespace: ${LAB}-$1`)
    .replace('name: two-tenants', `name: ${LAB}`);
}

function machine(): { namespaces: string[]; daemons: string[]; directories: string[] } {
  const lines = (command: string) => execFileSync('sh', ['-c', command], { encoding: 'utf8' }).split('\n');
  return {
    namespaces: lines('ip netns list').filter((line) => line.includes(LAB)),
    daemons: lines('for f in /proc/[0-9]*/cmdline; do tr "\\0" " " <$f; echo; done 2>/dev/null').filter(
      (line) => line.includes(`/lab/${LAB}/`) && line.includes('node'),
    ),
    directories: lines('ls /run/netweft/lab').filter((line) => line === LAB),
  };
}

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'weft-lab-'));
  file = join(folder, 'cloud.yaml');
  writeFileSync(file, cloudFile());
});

afterAll(() => {
  weft('lab', 'down', LAB);
  rmSync(folder, { recursive: true });
});

describe('weft lab', () => {
  test('up makes what the file says and tells what is where', () => {
    const { status, out, err } = weft('lab', 'up', file);
    expect({ status, err }).toEqual({ status: 0, err: expect.stringContaining('up after') });
    expect(out).toMatch(/^mapper +running +198\.18\.0\.2:7791/m);
    expect(out).toMatch(new RegExp(`^b30 +b +10\\.1\\.2\\.30 +x +${LAB}-b30 +weft0$`, 'm'));
    expect(machine()).toMatchObject({ daemons: { length: 4 }, namespaces: { length: 11 } });
  });

  test('exec reaches another guest of the tenant, and passes the status on', () => {
    const ping = weft('lab', 'exec', '--lab', LAB, 'a30', '--', 'ping', '-c', '1', '-W', '2', '10.1.2.70');
    expect(ping).toMatchObject({ status: 0, out: expect.stringContaining(' 0% packet loss') });
    expect(weft('lab', 'exec', '--lab', file, 'b50', '--', 'sh', '-c', 'exit 7').status).toBe(7);
  });

  test('up again is refused and changes nothing', () => {
    expect(weft('lab', 'up', file)).toMatchObject({ status: 1, err: expect.stringContaining('is up already') });
    expect(machine()).toMatchObject({ daemons: { length: 4 } });
  });

  test('stop and start end and start one daemon', () => {
    expect(weft('lab', 'stop', 'y', '--lab', LAB).status).toBe(0);
    expect(weft('lab', 'status', LAB).out).toMatch(/^y +ended/m);
    expect(weft('lab', 'start', 'y', '--lab', LAB).status).toBe(0);
    expect(weft('lab', 'status', LAB).out).toMatch(/^y +running/m);
  });

  test('two daemons started at the same time are both on record, and down ends both', async () => {
    for (const daemon of ['x', 'z']) expect(weft('lab', 'stop', daemon, '--lab', LAB).status).toBe(0);
    const starts = ['x', 'z'].map((daemon) => {
      return once(spawn(process.execPath, [MAIN, 'lab', 'start', daemon, '--lab', LAB], { stdio: 'ignore' }), 'exit');
    });
    expect(await Promise.all(starts)).toEqual([
      [0, null],
      [0, null],
    ]);
    expect(weft('lab', 'status', LAB).out.match(/^(mapper|x|y|z) +running/gm)).toHaveLength(4);
  });

  test('down leaves nothing behind, and does so twice', () => {
    expect(weft('lab', 'down', file).status).toBe(0);
    expect(machine()).toEqual({ namespaces: [], daemons: [], directories: [] });
    expect(weft('lab', 'down', file)).toMatchObject({ status: 0, out: expect.stringContaining('no lab') });
  });

  test('up of a file without a lab, and of none, says so', () => {
    writeFileSync(join(folder, 'bare.yaml'), cloudFile().replace(/^lab:[\s\S]*/m, ''));
    const bare = weft('lab', 'up', join(folder, 'bare.yaml'));
    expect(bare).toMatchObject({ status: 1, err: expect.stringContaining('describes no lab') });
    expect(weft('lab', 'up', join(folder, 'none.yaml'))).toMatchObject({ status: 5 });
    expect(machine()).toEqual({ namespaces: [], daemons: [], directories: [] });
  });
});
