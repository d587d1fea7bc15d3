import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { ConfigCheckDocument } from '../../../src/config/config-document.ts';
import { runCommand } from './run-command.ts';

let folder = '';

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'weft-config-'));
});

afterAll(() => rmSync(folder, { recursive: true }));

function file(name: string, content: string | Uint8Array): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

describe('weft config check', () => {
  test('shows every value and where it is from', async () => {
    const path = file('a.yaml', 'config: netweft.agent/v1\nhost: x\nlog:\n  level: debug\n');
    const { code, out, err } = await runCommand(['config', 'check', path], {
      environment: { RUNTIME_DIRECTORY: '/r' },
    });
    expect({ code, err }).toEqual({ code: 0, err: '' });
    const rows = out.split('\n').map((line) => line.split(/ {2,}/));
    expect(rows[0]).toEqual(['KEY', 'VALUE', 'FROM', 'RELOADABLE']);
    expect(rows).toContainEqual(['host', 'x', 'line 2', 'no']);
    expect(rows).toContainEqual(['underlay', '-', 'an option, which is needed', 'no']);
    expect(rows).toContainEqual(['socket', '/r/agent.sock', 'environment', 'no']);
    expect(rows).toContainEqual(['frameworks', 'udp/2.0,udp/1.0,udp-pb/1.0', 'default', 'yes']);
    expect(rows).toContainEqual(['metrics', '-', '-', 'no']);
    expect(rows).toContainEqual(['log.level', 'debug', 'line 4', 'yes']);
  });

  test('--json is a document', async () => {
    const path = file('m.yaml', 'limits: {hosts: 5}\n');
    const { code, out } = await runCommand(['config', 'check', '--for', 'mapper', '--json', path]);
    expect(code).toBe(0);
    const document = JSON.parse(out) as ConfigCheckDocument;
    expect(document).toMatchObject({ schema: 'netweft.config-check/v1', daemon: 'mapper', file: path });
    const hosts = document.settings.find(({ key }) => key === 'limits.hosts');
    expect(hosts).toEqual({
      key: 'limits.hosts',
      value: 5,
      source: 'file',
      line: 1,
      column: 10,
      required: false,
      reloadable: true,
    });
  });

  test.each([
    [
      'wrong keys',
      'config: netweft.agent/v1\nhots: x\nlog: {level: 1}\n',
      [
        'FILE:2:1: unknown key "hots"; did you mean "host"?',
        'FILE:3:7: "log.level" is 1, it must be debug, info, warn or error',
      ],
    ],
    ['no YAML', 'host: [', [expect.stringMatching(/^FILE:1:8: not valid YAML: /)]],
    [
      'no daemon',
      'host: x\n',
      [
        'FILE:1:1: the file does not say which daemon it is for; write "config: netweft.agent/v1" or "config: netweft.mapper/v1" first, or give --for',
      ],
    ],
    ['bytes', Uint8Array.of(0x61, 0xff, 0xfe), ['FILE is not UTF-8 text; save it as UTF-8']],
    [
      'far too much',
      '#'.repeat(65_537),
      ['FILE has more than 65536 bytes; a configuration has few keys: is this another file?'],
    ],
  ])('%s: one line for each problem, status 1', async (name, content, lines) => {
    const path = file(`${name}.yaml`, content);
    const { code, out, err } = await runCommand(['config', 'check', path]);
    expect({ code, out }).toEqual({ code: 1, out: '' });
    expect(
      err
        .replaceAll(path, 'FILE')
        .replace(/^weft: /, '')
        .trimEnd()
        .split('\n'),
    ).toEqual(lines);
  });

  test('a file that is not there has the status of that, a folder is none', async () => {
    const path = join(folder, 'nothing.yaml');
    expect(await runCommand(['config', 'check', path])).toEqual({
      code: 5,
      out: '',
      err: `weft: there is no file ${path}; check the path\n`,
    });
    expect(await runCommand(['config', 'check', folder])).toMatchObject({
      code: 1,
      err: `weft: ${folder} is not a regular file; give the path of a configuration file\n`,
    });
  });

  test('of the other daemon', async () => {
    const path = file('other.yaml', 'config: netweft.mapper/v1\n');
    const { code, err } = await runCommand(['config', 'check', '--for', 'agent', path]);
    expect(code).toBe(1);
    expect(err).toContain(`${path}:1:1: this file is for weft mapper ("config" is netweft.mapper/v1); `);
  });
});

describe('a daemon with a wrong file does not start', () => {
  test('every problem is told', async () => {
    const path = file('wrong.yaml', 'host: X\nunderlai: 198.18.0.1\nlog: {format: xml}\n');
    const { code, out, err } = await runCommand(['agent', '--config', path, '--mapper', '198.18.0.254']);
    expect({ code, out }).toEqual({ code: 1, out: '' });
    expect(err.replaceAll(path, 'FILE')).toBe(
      [
        'weft: FILE:1:1: "host" is "X", it must be lower-case letters, digits and inner hyphens, at most 63 characters',
        'FILE:1:1: "underlay" is missing; write it here, or give --underlay',
        'FILE:2:1: unknown key "underlai"; did you mean "underlay"?',
        'FILE:3:7: "log.format" is "xml", it must be text or json\n',
      ].join('\n'),
    );
  });

  test('an option that cannot be is a usage error, with a file or without', async () => {
    const path = file('right.yaml', 'listen: 127.0.0.1\n');
    for (const words of [['--config', path], []]) {
      expect(await runCommand(['mapper', ...words, '--metrics', '0.0.0.0:80'])).toEqual({
        code: 2,
        out: '',
        err: "weft: option '--metrics <unix:path|address:port>' argument '0.0.0.0:80' is invalid; it must be unix:/PATH or a loopback address with its port, such as 127.0.0.1:9790, since whoever reaches metrics may read them\n",
      });
    }
    expect(await runCommand(['agent', '--host', 'x', '--frameworks', 'udp/1.0,udp/9.0'])).toMatchObject({
      code: 2,
      err: expect.stringMatching(
        /'--frameworks <names>' argument 'udp\/1.0, udp\/9.0' is invalid; it must be a list of some of/,
      ),
    });
  });
});
