import { expect, test } from 'vitest';
import { takeServiceRequest } from '../../../src/service/service-variables.ts';

const PID = 4711;

function taken(environment: Record<string, string>) {
  const left = new Map(Object.entries(environment));
  const request = takeServiceRequest((name) => {
    const value = left.get(name);
    left.delete(name);
    return value;
  }, PID);
  return { request, left: [...left.keys()] };
}

test('nothing is asked where there is no socket, and a child is not asked either', () => {
  expect(taken({ PATH: '/bin' })).toEqual({ request: undefined, left: ['PATH'] });
  expect(taken({ NOTIFY_SOCKET: '', WATCHDOG_USEC: '1000' })).toEqual({ request: undefined, left: [] });
  expect(taken({ WATCHDOG_USEC: '1000', WATCHDOG_PID: '1' })).toEqual({ request: undefined, left: [] });
});

test('every variable is taken out of the environment', () => {
  const all = { PATH: '/bin', NOTIFY_SOCKET: '/run/systemd/notify', WATCHDOG_USEC: '1', WATCHDOG_PID: '1' };
  expect(taken(all).left).toEqual(['PATH']);
});

test.each([
  [{}, undefined],
  [{ WATCHDOG_USEC: '30000000' }, 30_000],
  [{ WATCHDOG_USEC: '1500' }, 1.5],
  [{ WATCHDOG_USEC: '30000000', WATCHDOG_PID: String(PID) }, 30_000],
  [{ WATCHDOG_USEC: '30000000', WATCHDOG_PID: '' }, 30_000],
  [{ WATCHDOG_USEC: '30000000', WATCHDOG_PID: '1' }, undefined],
  [{ WATCHDOG_PID: String(PID) }, undefined],
  [{ WATCHDOG_USEC: '0' }, undefined],
  [{ WATCHDOG_USEC: '-5' }, undefined],
  [{ WATCHDOG_USEC: '1e3' }, undefined],
  [{ WATCHDOG_USEC: '18446744073709551615' }, undefined],
])('the watchdog that %j asks for is of %s ms', (variables, watchdogMs) => {
  const socket = '@netweft';
  expect(taken({ NOTIFY_SOCKET: socket, ...variables }).request).toEqual({ socket, watchdogMs });
});
