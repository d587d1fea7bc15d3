import { setImmediate } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { UserError } from '../../../src/base/errors.ts';
import { runDaemon } from '../../../src/cli/run-daemon.ts';
import { recordedLog } from '../../kit/recorded-log.ts';
import { TestProcess } from './run-command.ts';

const QUIET = { format: 'text', level: 'error' } as const;

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

test('a daemon with a log of its own is told there what is done with it', async () => {
  const process = new TestProcess();
  const log = recordedLog();
  const reload = async () => {
    throw new UserError('invalid', 'what is wrong', 'what to do');
  };
  const ran = runDaemon(process, 'agent', QUIET, async () => ({ log, reload, stop: async () => {} }));
  await settled(() => process.listeners === 2);
  process.signal('SIGHUP');
  await settled(() => log.events.length > 0);
  process.signal('SIGTERM');
  await ran;
  expect(log.events).toMatchObject([
    { level: 'warn', event: 'reload-refused', fields: { error: { message: 'what is wrong' }, hint: 'what to do' } },
    { level: 'info', event: 'stopping', fields: { signal: 'SIGTERM' } },
  ]);
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
  await settled(() => process.listeners === 2);
  process.signal('SIGTERM');
  await ran;
  expect(exits).toEqual([[], [1]]);
});

test('a SIGHUP is a reload, also one from before it served; several meanwhile are one more', async () => {
  const process = new TestProcess();
  const events: string[] = [];
  let finish: () => void = () => {};
  const reload = async () => {
    events.push('reload');
    await new Promise<void>((resolve) => {
      finish = resolve;
    });
    events.push('reloaded');
  };
  const ran = runDaemon(process, 'agent', QUIET, async () => {
    process.signal('SIGHUP');
    return { reload, stop: async () => void events.push('stopped') };
  });
  await settled(() => events.length > 0);
  expect(events).toEqual(['reload']);
  for (let i = 0; i < 3; i++) process.signal('SIGHUP');
  await setImmediate();
  expect(events).toEqual(['reload']);
  finish();
  await settled(() => events.length === 3);
  process.signal('SIGTERM');
  await setImmediate();
  expect(events).toEqual(['reload', 'reloaded', 'reload']);
  finish();
  await ran;
  expect(events).toEqual(['reload', 'reloaded', 'reload', 'reloaded', 'stopped']);
  expect(process).toMatchObject({ exitCode: 0, exits: [], listeners: 0 });
});

test('a reload that is refused, and a daemon that has none, serve on', async () => {
  for (const reload of [undefined, () => Promise.reject(new UserError('invalid', 'no such key', 'see the manual'))]) {
    const process = new TestProcess();
    let stops = 0;
    const daemon = { stop: async () => void stops++ };
    let isServing = false;
    const ran = runDaemon(process, 'agent', QUIET, async () => {
      isServing = true;
      return reload === undefined ? daemon : { ...daemon, reload };
    });
    await settled(() => isServing);
    process.signal('SIGHUP');
    await setImmediate();
    expect(stops).toBe(0);
    process.signal('SIGTERM');
    await ran;
    expect({ stops, code: process.exitCode, said: process.complained }).toEqual({ stops: 1, code: 0, said: '' });
  }
});

test('what a service manager asks for is taken out of the environment before the daemon starts', async () => {
  const environment = { NOTIFY_SOCKET: '@netweft-nobody', WATCHDOG_USEC: '1', WATCHDOG_PID: '1', HOME: '/' };
  const process = new TestProcess({ environment });
  let seen: unknown;
  await runDaemon(process, 'agent', QUIET, async () => {
    seen = { ...process.environment };
    process.signal('SIGTERM');
    return { stop: async () => {} };
  });
  expect(seen).toEqual({ HOME: '/' });
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
