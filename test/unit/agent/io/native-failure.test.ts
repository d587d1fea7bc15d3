import { readFileSync } from 'node:fs';
import { constants } from 'node:os';
import { expect, test } from 'vitest';
import { deviceFailure, startFailure, workerFault } from '../../../../src/agent/io/native-failure.ts';
import type { DeviceOptions } from '../../../../src/agent/io/packet-io.ts';
import { UserError } from '../../../../src/base/errors.ts';

const { errno } = constants;
const OPTIONS: DeviceOptions = { name: 'tun0', namespace: 'guest', mtu: 1400, addresses: [], routes: [] };

/** The numbers of the steps, as the native side has them. */
function nativeSteps(): ReadonlyMap<string, number> {
  const header = readFileSync(new URL('../../../../native/core/failure.h', import.meta.url), 'utf8');
  return new Map([...header.matchAll(/^ {2}(\w+) = (\d+),$/gm)].map(([, name = '', value]) => [name, Number(value)]));
}

function step(name: string): number {
  const value = nativeSteps().get(name);
  if (value === undefined) throw new Error(`no step ${name}`);
  return value;
}

test.each([
  ['openTun', errno.ENOENT, 'unsupported'],
  ['openTun', errno.EACCES, 'not-permitted'],
  ['createDevice', errno.EBUSY, 'in-use'],
  ['createDevice', errno.EPERM, 'not-permitted'],
  ['openNamespace', errno.ENOENT, 'not-found'],
  ['openNamespace', errno.EACCES, 'not-permitted'],
  ['enterNamespace', errno.EINVAL, 'not-found'],
  ['moveDevice', errno.EEXIST, 'in-use'],
  ['addAddress', errno.EEXIST, 'conflict'],
  ['addRoute', errno.ENETUNREACH, 'invalid'],
  ['startThread', errno.EAGAIN, 'limit'],
])('explains %s with errno %i as %s, and says which device', (name, error, code) => {
  const failure = deviceFailure(step(name), error, OPTIONS);
  expect(failure).toMatchObject({ code, hint: expect.any(String) });
  expect(failure.message).toContain('device tun0 in network namespace guest');
});

test('explains an underlay address that cannot be bound', () => {
  const underlay = { address: 0xc6120001, port: 7790 };
  const taken = startFailure(step('bind'), errno.EADDRINUSE, underlay);
  expect(taken).toMatchObject({ code: 'in-use' });
  expect(taken.message).toContain('198.18.0.1:7790');
  expect(startFailure(step('bind'), errno.EADDRNOTAVAIL, underlay)).toMatchObject({ code: 'not-found' });
});

test('what nobody foresaw is no error of the user, and says step and errno', () => {
  const failure = deviceFailure(step('configureLink'), errno.EIO, OPTIONS);
  expect(failure).not.toBeInstanceOf(UserError);
  expect(failure.message).toContain('setting its MTU failed with EIO');
});

test('names every step of the native side', () => {
  const messages = [...nativeSteps().values()].map((value) => workerFault(value, errno.EIO).message);
  expect(messages.length).toBeGreaterThan(10);
  expect(new Set(messages).size).toBe(messages.length);
  expect(messages.filter((message) => /step \d/.test(message))).toEqual([]);
});
