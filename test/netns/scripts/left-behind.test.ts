import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterEach, expect, test } from 'vitest';
import { RUN_MARK } from '../../kit/run-mark.ts';

const COMMAND = fileURLToPath(new URL('../../../scripts/left-behind', import.meta.url));

/** What a run and another one at the same time make; both end with ours if this test does not remove them. */
const MINE = plantedAs(`${RUN_MARK}x`);
const OTHERS = plantedAs(`${RUN_MARK}y`);

interface Planted {
  readonly mark: string;
  readonly namespace: string;
  readonly device: string;
  readonly directory: string;
}

function plantedAs(mark: string): Planted {
  return { mark, namespace: `wt-${mark}`, device: `wt-${mark}`, directory: `/run/netweft/lab/wt-${mark}` };
}

/** One of each kind; returns the pid of the process. */
async function plant({ mark, namespace, device, directory }: Planted): Promise<number> {
  execFileSync('ip', ['netns', 'add', namespace]);
  execFileSync('ip', ['tuntap', 'add', 'dev', device, 'mode', 'tun']);
  mkdirSync(directory, { recursive: true });
  writeFileSync(`${directory}/lab.json`, '{}');
  const script = 'echo ready; exec sleep 60';
  const child = spawn('sh', ['-c', script], { detached: true, env: { ...process.env, WEFT_TEST_RUN: mark } });
  await once(child.stdout, 'data');
  return child.pid ?? 0;
}

function leftBehind(mark: string, ...words: string[]): string[] {
  const { stdout, status } = spawnSync(COMMAND, [mark, ...words], { encoding: 'utf8' });
  expect(status).toBe(0);
  return stdout.trim().split('\n').filter(Boolean);
}

function expected({ namespace, device, directory }: Planted, pid: number): string[] {
  return [
    expect.stringMatching(new RegExp(`^process ${pid} `)),
    `namespace ${namespace}`,
    `device ${device}`,
    `file ${directory}`,
  ];
}

function isAlive(pid: number): boolean {
  return existsSync(`/proc/${pid}`) && !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
}

afterEach(() => {
  for (const { mark, directory } of [MINE, OTHERS]) {
    spawnSync(COMMAND, [mark, '--remove']);
    rmSync(directory, { recursive: true, force: true });
  }
});

test('a process, namespace, device and file of a run are found, and removed without those of another', async () => {
  expect(leftBehind(MINE.mark)).toEqual([]);
  expect(leftBehind(MINE.mark, '--remove')).toEqual([]);
  const pids = { mine: await plant(MINE), others: await plant(OTHERS) };
  expect(leftBehind(MINE.mark)).toEqual(expected(MINE, pids.mine));
  expect(leftBehind(MINE.mark, '--remove')).toEqual([]);
  await expect.poll(() => isAlive(pids.mine)).toBe(false);
  expect(leftBehind(MINE.mark)).toEqual([]);
  expect(leftBehind(OTHERS.mark)).toEqual(expected(OTHERS, pids.others));
});

test.each(['', 'x', '*', '../../etc', 'a b c d'])('a mark such as %j is refused', (mark) => {
  expect(spawnSync(COMMAND, [mark, '--remove']).status).toBe(2);
});
