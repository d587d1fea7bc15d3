/** Whoever waits at a terminal is told what for; a script is not. */
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { tellSlow } from '../../../src/cli/tell-slow.ts';
import { type FakeDaemon, openFakeDaemon } from './fake-daemon.ts';
import { runCommand, TestProcess } from './run-command.ts';
import * as sample from './sample-documents.ts';

let daemon: FakeDaemon | undefined;
beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] }));
afterEach(async () => {
  vi.useRealTimers();
  await daemon?.close();
  daemon = undefined;
});

test.each([
  [true, 1999, ''],
  [true, 2001, 'weft: doing it\n'],
  [false, 2001, ''],
])('at a terminal: %s, after %i ms: %j', async (errorsToTerminal, after, said) => {
  const cli = new TestProcess({ errorsToTerminal });
  let finish: (value: string) => void = () => {};
  const work = tellSlow(
    cli,
    'doing it',
    new Promise<string>((resolve) => {
      finish = resolve;
    }),
  );
  vi.advanceTimersByTime(after);
  finish('done');
  expect(await work).toBe('done');
  vi.advanceTimersByTime(60_000);
  expect(cli.complained).toBe(said);
});

test.each([
  [true, /^weft: waiting for the daemon on .*\n$/],
  [false, /^$/],
])('a daemon that answers late, at a terminal: %s', async (errorsToTerminal, said) => {
  let answer: (document: unknown) => void = () => {};
  const late = new Promise((resolve) => {
    answer = resolve;
  });
  daemon = await openFakeDaemon({ 'GET /v1/drops': late });
  const { asked } = daemon;
  const ran = runCommand(['drops', '--socket', daemon.socket], { errorsToTerminal });
  await vi.waitUntil(() => asked.length === 1);
  vi.advanceTimersByTime(2001);
  answer(sample.DROPS);
  expect((await ran).err).toMatch(said);
});

test.each([
  [true, 'weft: reading standard input\n'],
  [false, ''],
])('a long cloud file, at a terminal: %s', async (errorsToTerminal, said) => {
  daemon = await openFakeDaemon({ 'POST /v1/apply': sample.APPLY });
  const input = `cloud: netweft/v1\n${`# ${'-'.repeat(98)}\n`.repeat(6000)}tenants:\n  - { name: t, gni: 1001 }\n`;
  const ran = await runCommand(['apply', '-f', '-', '--socket', daemon.socket], { errorsToTerminal, input });
  expect(ran).toMatchObject({ code: 0, err: said });
});
