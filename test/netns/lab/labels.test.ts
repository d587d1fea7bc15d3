import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { until } from '../../kit/netns/until.ts';
import { RUN_MARK } from '../../kit/run-mark.ts';

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));
const MAIN = join(ROOT, 'dist/cli/main.js');
const LAB = `wt-lbl-${process.pid}-${RUN_MARK}`;
const PINGS = 3;
const LIMIT_MS = 15_000;

let folder = '';

function weft(...words: string[]): string {
  return execFileSync(process.execPath, [MAIN, ...words], { encoding: 'utf8', timeout: 60_000, stdio: 'pipe' });
}

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), `weft-labels-${RUN_MARK}-`));
  const example = readFileSync(join(ROOT, 'examples/labels.yaml'), 'utf8');
  const renamed = example
    .replaceAll(/namespace: (\w+)/g, `namespace: ${LAB}-$1`)
    .replace('name: labels', `name: ${LAB}`);
  writeFileSync(join(folder, 'cloud.yaml'), renamed);
  weft('lab', 'up', join(folder, 'cloud.yaml'));
});

afterAll(() => {
  spawnSync(process.execPath, [MAIN, 'lab', 'down', LAB]);
  rmSync(folder, { recursive: true });
});

/** Captures the underlay until as many frames as the pings make have passed. */
async function captured(frames: number, act: () => void): Promise<string> {
  const file = join(folder, 'underlay.pcap');
  const filter = ['-U', '--immediate-mode', '-c', String(frames), '-w', file, 'udp', 'port', '7790'];
  const bridge = `/run/netns/weft-${LAB}-bridge`;
  const tcpdump = spawn('nsenter', [`--net=${bridge}`, '--', 'timeout', '30', 'tcpdump', '-ni', 'bridge', ...filter]);
  let messages = '';
  tcpdump.stderr.on('data', (chunk) => {
    messages += String(chunk);
  });
  const ended = once(tcpdump, 'exit');
  await until('tcpdump listens', LIMIT_MS, () => messages.includes('listening on'));
  act();
  expect(await ended).toEqual([0, null]);
  return file;
}

test('the labels example wears its stack on the wire, and its guests reach each other', async () => {
  const file = await captured(2 * PINGS, () => {
    weft('lab', 'exec', '--lab', LAB, 'c1', '--', 'ping', '-c', String(PINGS), '-i', '0.2', '-W', '2', '10.9.0.2');
  });
  const frames = weft('decode', file, '--json')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as { labels?: number[] });
  expect(frames).toHaveLength(2 * PINGS);
  for (const frame of frames) expect(frame.labels).toEqual([100, 200]);
});
