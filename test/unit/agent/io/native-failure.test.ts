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

test.each([
  ['createDevice', errno.ENODEV, 'conflict'],
  ['moveDevice', errno.ENODEV, 'conflict'],
  ['configureLink', errno.ENODEV, 'conflict'],
  ['addAddress', errno.ENODEV, 'conflict'],
  ['bringUp', errno.ENODEV, 'conflict'],
  ['addRoute', errno.ENETDOWN, 'conflict'],
])('explains %s with errno %i as a device taken away', (name, error, code) => {
  const failure = deviceFailure(step(name), error, OPTIONS);
  expect(failure.code).toBe(code);
  expect(failure.message).toContain('somebody took the device away');
});

test.each([
  ['openNamespace', errno.ENXIO, 'that file is not a network namespace'],
  ['moveDevice', errno.EINVAL, 'that file is not a network namespace'],
  ['openNamespace', errno.ENAMETOOLONG, 'there is no such network namespace'],
  ['openNamespace', errno.ENOTDIR, 'there is no such network namespace'],
])('explains %s with errno %i as a path to no namespace', (name, error, why) => {
  const failure = deviceFailure(step(name), error, OPTIONS);
  expect(failure.code).toBe('not-found');
  expect(failure.message).toContain(why);
});

const everyFailure = [...nativeSteps().keys(), undefined].flatMap((name) => {
  return [errno.ENODEV, errno.ENXIO, errno.EOPNOTSUPP, errno.EIO, 9999, 0].map((error) => ({ name, error }));
});

test.each(everyFailure)('whatever step $name fails with, as $error, is for people and names it', ({ name, error }) => {
  const failure = deviceFailure(name === undefined ? 200 : step(name), error, OPTIONS);
  expect(failure).toBeInstanceOf(UserError);
  expect(failure.hint).toMatch(/\w{3}/);
  expect(failure.message).toMatch(/^device tun0 in network namespace guest: .{10,} \(.+ failed with .+\)$/);
});

test('what is not foreseen says step and errno', () => {
  const failure = deviceFailure(step('configureLink'), errno.EIO, OPTIONS);
  expect(failure.message).toContain('(setting its MTU failed with EIO)');
  expect(deviceFailure(step('addRoute'), 9999, OPTIONS).message).toContain('9999');
});

test('names every step of the native side', () => {
  const messages = [...nativeSteps().values()].map((value) => workerFault(value, errno.EIO).message);
  expect(messages.length).toBeGreaterThan(10);
  expect(new Set(messages).size).toBe(messages.length);
  expect(messages.filter((message) => /step \d/.test(message))).toEqual([]);
});
