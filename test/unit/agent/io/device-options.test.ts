import { expect, test } from 'vitest';
import { checkDeviceOptions, namespacePath } from '../../../../src/agent/io/device-options.ts';
import type { DeviceOptions } from '../../../../src/agent/io/packet-io.ts';

function options(changes: Partial<DeviceOptions>): DeviceOptions {
  return { name: 'tun0', namespace: undefined, mtu: 1400, addresses: [], routes: [], ...changes };
}

test.each<Partial<DeviceOptions>>([
  {},
  { name: 'x' },
  { name: 'fifteen-bytes-x' },
  { mtu: 576 },
  { mtu: 65535 },
  { addresses: [{ address: 0xffffffff, length: 32 }] },
  { routes: [{ address: 0, length: 0 }] },
])('accepts %j', (changes) => {
  expect(() => checkDeviceOptions(options(changes))).not.toThrow();
});

test.each<Partial<DeviceOptions>>([
  { name: '' },
  { name: 'sixteen-bytes-xx' },
  { name: 'ääääääää' },
  { name: '..' },
  { name: 'a b' },
  { name: 'a/b' },
  { name: 'weft%d' },
  { name: 'a:1' },
  { name: 'a\0' },
  { mtu: 575 },
  { mtu: 65536 },
  { mtu: 1400.5 },
  { addresses: [{ address: -1, length: 24 }] },
  { addresses: [{ address: 2 ** 32, length: 24 }] },
  { addresses: [{ address: 1, length: 33 }] },
  { routes: [{ address: 0x0a000001, length: 24 }] },
])('refuses %j', (changes) => {
  expect(() => checkDeviceOptions(options(changes))).toThrow(expect.objectContaining({ code: 'invalid' }));
});

test.each([
  [undefined, ''],
  ['guest-a', '/run/netns/guest-a'],
  ['/proc/17/ns/net', '/proc/17/ns/net'],
])('takes the namespace %s as the file %s', (namespace, path) => {
  expect(namespacePath(namespace)).toBe(path);
});

test.each(['', '.', '..', 'a/b', '../x', 'a\0', '/a\0'])('refuses the namespace %j', (namespace) => {
  expect(() => namespacePath(namespace)).toThrow(expect.objectContaining({ code: 'invalid' }));
});
