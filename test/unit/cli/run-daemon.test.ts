import { setImmediate } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { UserError } from '../../../src/base/errors.ts';
import { runDaemon } from '../../../src/cli/run-daemon.ts';
import { TestProcess } from './run-command.ts';

const QUIET = { logFormat: 'text', logLevel: 'error' } as const;

test('a signal stops the daemon once, and the command ends with status 0', async () => {
  const process = new TestProcess();
  const events: string[] = [];
  const ran = runDaemon(process, 'agent', QUIET, async () => {
    events.push('started');
    return { stop: async () => void events.push('stopped') };
  });
  await settled(() => events.includes('started'));
  process.signal('SIGTERM');
  await ran;
  expect(events).toEqual(['started', 'stopped']);
  expect(process).toMatchObject({ exitCode: 0, exits: [], complained: '', listeners: 0 });
});

test('a signal while it starts stops it as soon as it has', async () => {
  const process = new TestProcess();
  let stops = 0;
  await runDaemon(process, 'agent', QUIET, async () => {
    process.signal('SIGINT');
    return { stop: async () => void stops++ };
  });
  expect(stops).toBe(1);
  expect(process).toMatchObject({ exitCode: 0, exits: [] });
});

test('a second signal ends the process at once', async () => {
  const process = new TestProcess();
  const exits: number[][] = [];
  const stop = async () => {
    exits.push([...process.exits]);
    process.signal('SIGTERM');
    exits.push([...process.exits]);
  };
  const ran = runDaemon(process, 'mapper', QUIET, async () => ({ stop }));
  await settled(() => process.listeners === 1);
  process.signal('SIGTERM');
  await ran;
  expect(exits).toEqual([[], [1]]);
});

test.each(['not-permitted', 'not-found', 'unreachable'] as const)(
  'a start refused as %s is one line with the hint, status 1',
  async (code) => {
    const process = new TestProcess();
    await runDaemon(process, 'agent', QUIET, () => Promise.reject(new UserError(code, 'no TUN here', 'run as root')));
    expect(process).toMatchObject({
      exitCode: 1,
      written: '',
      complained: 'weft: no TUN here; run as root\n',
      listeners: 0,
    });
  },
);

/** Lets other work run until the condition holds; the test's own time limit ends a wait in vain. */
async function settled(isTrue: () => boolean): Promise<void> {
  while (!isTrue()) await setImmediate();
}
