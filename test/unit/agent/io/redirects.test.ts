import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import type { NetworkInterfaceInfo } from 'node:os';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { warnOfRedirects } from '../../../../src/agent/io/redirects.ts';
import { address } from '../../../kit/cloud-of-one.ts';
import { recordedLog } from '../../../kit/recorded-log.ts';

let settings: string;

beforeEach(() => {
  settings = mkdtempSync(join(tmpdir(), 'weft-redirects-'));
});

afterEach(() => {
  rmSync(settings, { recursive: true });
});

/** What is said of an underlay device whose kernel has these settings. */
function warnings(set: Readonly<Record<string, string>>, device = 'eth0') {
  for (const [name, value] of Object.entries(set)) {
    mkdirSync(join(settings, name), { recursive: true });
    writeFileSync(join(settings, name, 'accept_redirects'), `${value}\n`);
  }
  const log = recordedLog();
  const has = (text: string) => [{ address: text } as NetworkInterfaceInfo];
  const interfaces = () => ({ lo: has('127.0.0.1'), [device]: has('198.18.0.11'), eth1: has('192.0.2.1') });
  warnOfRedirects(address('198.18.0.11'), log, { settings, interfaces });
  return log.events.map(({ level, event, fields }) => [level, event, fields['device'], fields['hint']]);
}

test.each([
  ['both', { all: '1', eth0: '1' }, 'net.ipv4.conf.all.accept_redirects=0 net.ipv4.conf.eth0.accept_redirects=0'],
  ['all', { all: '1', eth0: '0' }, 'net.ipv4.conf.all.accept_redirects=0'],
  ['its device', { all: '0', eth0: '1' }, 'net.ipv4.conf.eth0.accept_redirects=0'],
])('a kernel that believes redirects on %s is told of, and what forbids it', (_, set, settingsToMake) => {
  expect(warnings(set)).toEqual([['warn', 'redirects-accepted', 'eth0', `sysctl -w ${settingsToMake}`]]);
});

test('a dot in the name of a device is written as sysctl reads it', () => {
  const [warning] = warnings({ 'eth0.100': '1' }, 'eth0.100');
  expect(warning).toContain('sysctl -w net.ipv4.conf.eth0/100.accept_redirects=0');
});

test.each([
  ['believes none', { all: '0', eth0: '0', eth1: '1', lo: '1' }],
  ['does not show', {}],
])('nothing is said of a kernel that %s', (_, set) => {
  expect(warnings(set)).toEqual([]);
});

test('nothing is said where no device has the address', () => {
  const log = recordedLog();
  warnOfRedirects(address('198.18.0.11'), log, { settings, interfaces: () => ({}) });
  expect(log.events).toEqual([]);
});
