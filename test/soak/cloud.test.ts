import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { seededRandom } from '../../src/base/random.ts';
import { devicesHere, NOTHING } from '../kit/netns/left-behind.ts';
import { twoTenants } from '../kit/netns/test-cloud.ts';
import { TestLab } from '../kit/netns/test-lab.ts';
import { DaemonGrowth } from './daemon-growth.ts';
import { Events } from './events.ts';
import { Talk } from './talk.ts';

const DURATION_MS = Number(process.env['WEFT_SOAK_MINUTES'] ?? 10) * 60_000;
const SEED = Number(process.env['WEFT_SOAK_SEED'] ?? 1);
/** From the end of one event to the next. */
const PAUSE_MS = 8000;
const BACK_MS = 20_000;
/** When a process has its usual size: caches are full, code is compiled. Shorter where all of the soak is short. */
const SETTLE_MS = Math.min(120_000, DURATION_MS / 3);
/** What a process may grow by after that. A flow, a mapping or a session that is never freed takes more in ten minutes. */
const MAX_GROWN_MIB = 32;
const MAX_GROWN_FILES = 4;
/** What the events of a soak make a daemon warn of; anything else is a fault. */
const EXPECTED_WARNINGS = [
  /^port-lost .*cause=deleted$/,
  /^session-lost /,
  /^mapper-silent /,
  /^host-silent /,
  // A guest that moves speaks from its new host before the others know.
  /^alarm reason=source-not-there /,
  // A guest's new host may be faster than the old one, whose device is still there; it tries again.
  /^port-trouble .*: an interface of this name exists already/,
];

const cloud = twoTenants(`wt-soak-${process.pid}`);
const lab = new TestLab(cloud);
const devicesBefore = devicesHere();
const began = performance.now();

beforeAll(() => lab.up());

afterAll(async () => {
  expect(await lab.down()).toEqual(NOTHING);
  expect(devicesHere()).toEqual(devicesBefore);
});

function say(text: string): void {
  const seconds = Math.round((performance.now() - began) / 1000);
  console.log(`soak: ${String(seconds).padStart(4)} s  ${text}`);
}

/** Lines of all logs that are neither information nor an expected warning, such as a fault's stack. */
function unexpectedLines(): string[] {
  return ['mapper', ...Object.keys(cloud.hosts)].flatMap((daemon) => {
    const lines = lab.log(daemon).split('\n').filter(Boolean);
    return lines.filter((line) => !isExpected(line)).map((line) => `${daemon}: ${line}`);
  });
}

function isExpected(line: string): boolean {
  const [, level, said = ''] = /^\d{4}-\S+ (DEBUG|INFO|WARN|ERROR) +\S+ (.*)/.exec(line) ?? [];
  if (level === 'WARN') return EXPECTED_WARNINGS.some((expected) => expected.test(said));
  return level === 'INFO' || level === 'DEBUG';
}

test('a cloud under way stays right, and stays as large as it was, whatever happens to its parts', async () => {
  say(`${DURATION_MS / 60_000} minutes, seed ${SEED}`);
  const talk = await Talk.start(lab);
  const events = new Events(lab, seededRandom(SEED));
  const growth = new DaemonGrowth(lab, SETTLE_MS);
  await talk.untilAllHeard(BACK_MS);
  while (performance.now() - began < DURATION_MS) {
    await sleep(PAUSE_MS);
    growth.read();
    const what = await events.next();
    const from = performance.now();
    await talk.untilAllHeard(BACK_MS);
    say(`${what}; all heard ${((performance.now() - from) / 1000).toFixed(1)} s later`);
    expect((await talk.sum()).foreign).toEqual([]);
  }
  growth.read();
  const { foreign, sent, heard, streams } = await talk.sum();
  say(`${heard} of ${sent} datagrams answered, ${streams} streams; growth: ${JSON.stringify(growth.growth())}`);
  expect(foreign).toEqual([]);
  expect(heard).toBeLessThanOrEqual(sent);
  expect(streams).toBeGreaterThan(0);
  expect(unexpectedLines()).toEqual([]);
  expect(growth.growth().map(({ daemon }) => daemon)).toContain('x');
  expect(growth.growth().filter(({ mebibytes }) => mebibytes > MAX_GROWN_MIB)).toEqual([]);
  expect(growth.growth().filter(({ files }) => files > MAX_GROWN_FILES)).toEqual([]);
});
