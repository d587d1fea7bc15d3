import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { Command } from 'commander';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { BugreportDocument } from '../../../../src/cli/bugreport/bugreport-document.ts';
import { localMachine } from '../../../../src/cli/bugreport/local-machine.ts';
import { addBugreportCommand } from '../../../../src/cli/commands/bugreport.ts';
import { type FakeDaemon, openFakeDaemon } from '../fake-daemon.ts';
import { runCommand, TestProcess } from '../run-command.ts';
import * as sample from '../sample-documents.ts';
import { unpack } from './unpack.ts';

const SECRET = 'yAnz5TF+lXXJte14tji3zlMNq+hd2rYUIgJBgB3fBmk=';

let folder = '';
let daemon: FakeDaemon;
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'weft-report-'));
  daemon = await openFakeDaemon({
    'GET /v1/status': { ...sample.AGENT_STATUS, underlay: '127.0.0.1:7790' },
    'GET /v1/ports': { ...sample.PORTS, privateKey: 'hunter2' },
    'GET /v1/flows': { ...sample.FLOWS, note: SECRET },
    'GET /v1/drops': new Error(`it failed at ${SECRET}`),
  });
});
afterEach(async () => {
  await daemon.close();
  rmSync(folder, { recursive: true });
});

const environment = { PATH: process.env['PATH'] ?? '', WEFT_TEST_SECRET: SECRET, NO_COLOR: 'hunter2' };

function run(...words: string[]) {
  return runCommand(['bugreport', '--socket', daemon.socket, ...words], { environment });
}

describe('weft bugreport', () => {
  test('writes a file that only its owner may read, and says what is in it', async () => {
    const file = join(folder, 'report.tar.gz');
    const ran = await run('-o', file);
    expect(ran).toMatchObject({ code: 0, err: '' });
    expect(ran.out).toMatch(/^ITEM +RESULT +BYTES +WHY\n/);
    expect(ran.out).toMatch(/^daemon-1\/ports.json +ok +\d+ +-$/m);
    expect(ran.out).toMatch(/^daemon-1\/drops.json +failed +0 +the daemon failed to answer; its log tells why$/m);
    expect(ran.out).toContain(`\nreport: ${file}, ${statSync(file).size} bytes; `);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    const files = unpack(readFileSync(file));
    expect(JSON.parse(files.get('daemon-1/ports.json') ?? '')).toEqual({ ...sample.PORTS, privateKey: '<redacted>' });
    expect(files.get('links.json')).toContain('"device": "lo"');
    expect(files.get('sysctl.txt')).toMatch(/^net\.core\.rmem_max = \d+$/m);
    expect(files.get('capabilities.txt')).toMatch(/^CapEff: [0-9a-f]{16}$/m);
    const all = [...files].flat().join('\n');
    for (const secret of [SECRET.slice(0, 20), 'hunter2', 'WEFT_TEST_SECRET']) expect(all).not.toContain(secret);
  });

  test('prints the document for programs', async () => {
    const file = join(folder, 'report.tar.gz');
    const ran = await run('--json', '--redact-addresses', '-o', file);
    const document = JSON.parse(ran.out) as BugreportDocument;
    expect(document).toMatchObject({ schema: 'netweft.bugreport/v1', file, redactedAddresses: true });
    expect(document.bytes).toBe(statSync(file).size);
    const files = unpack(readFileSync(file));
    const written = document.items.filter(({ failure }) => failure === undefined);
    expect([...files.keys()]).toEqual(['README.txt', ...written.map(({ name }) => name)]);
    for (const { name, bytes } of written) expect(Buffer.byteLength(files.get(name) ?? '')).toBe(bytes);
    expect([...files].flat().join('\n')).not.toMatch(/a30|10\.1\.2|198\.18/);
  });

  test('replaces nothing', async () => {
    const file = join(folder, 'report.tar.gz');
    writeFileSync(file, 'mine');
    expect(await run('-o', file)).toEqual({
      code: 1,
      out: '',
      err: `weft: ${file} is there already; a report replaces nothing: choose another --output\n`,
    });
    expect(readFileSync(file, 'utf8')).toBe('mine');
    const nowhere = join(folder, 'no', 'report');
    expect((await run('-o', nowhere)).err).toBe(
      `weft: cannot write ${nowhere}: ENOENT; choose another place with --output\n`,
    );
    expect(readdirSync(folder)).toEqual(['report.tar.gz']);
  });

  test('removes what it could not finish', async () => {
    const ran = await run('-o', '/proc/self/report');
    expect(ran).toMatchObject({ code: 1, out: '' });
    expect(ran.err).toMatch(/^weft: cannot write \/proc\/self\/report: E[A-Z]+; choose another place with --output\n$/);
    expect(existsSync('/proc/self/report')).toBe(false);
  });

  test('writes the archive alone to standard output', async () => {
    const output = new PassThrough();
    const cli = new TestProcess({ environment });
    const program = new Command();
    addBugreportCommand(program, cli, () => output);
    await program.parseAsync(['bugreport', '--socket', daemon.socket, '-o', '-'], { from: 'user' });
    output.end();
    expect([...unpack(await buffer(output)).keys()][0]).toBe('README.txt');
    expect(cli.written).toBe('');
    expect(cli.complained).toContain('report: on standard output, ');
  });

  test('has no room for two things on standard output', async () => {
    expect(await run('-o', '-', '--json')).toMatchObject({ code: 2, out: '' });
    const output = Object.assign(new PassThrough(), { isTTY: true });
    const program = new Command();
    addBugreportCommand(program, new TestProcess({ environment }), () => output);
    await expect(program.parseAsync(['bugreport', '-o', '-'], { from: 'user' })).rejects.toMatchObject({
      code: 'invalid',
      message: 'a report is bytes, and standard output is a terminal',
    });
  });
});

describe('this machine', () => {
  const machine = localMachine(environment);

  test('says of a configuration that is wrong only where', async () => {
    const file = join(folder, 'agent.yaml');
    writeFileSync(file, `config: netweft.agent/v1\nhost: x\npsk: hunter2\nlog: {level: hunter2}\n`);
    await expect(machine.readConfig(file)).rejects.toThrow(
      /^it is wrong at line:column 3:1 4:\d+; weft config check says what is wrong there$/,
    );
    writeFileSync(file, 'config: netweft.agent/v1 # hunter2\nhost: x\n');
    const { daemon: of, settings } = await machine.readConfig(file);
    expect(of).toBe('agent');
    expect(settings.find(({ key }) => key === 'host')).toMatchObject({ value: 'x', source: 'file', line: 2 });
    expect(JSON.stringify(settings)).not.toContain('hunter2');
  });

  test('runs programs without the environment', async () => {
    expect(await machine.run('env')).toBe(`LC_ALL=C\nPATH=${environment.PATH}\n`);
    await expect(machine.run('false')).rejects.toThrow('false');
    await expect(machine.run('weft-no-such-program')).rejects.toThrow('ENOENT');
  });

  test('reads metrics at either kind of place', async () => {
    const socket = join(folder, 'metrics.sock');
    let server: Server | undefined;
    try {
      server = createServer((request, response) => {
        response.statusCode = request.url === '/metrics' ? 200 : 404;
        response.end('up 1\n');
      });
      await new Promise<void>((resolve) => server?.listen(socket, resolve));
      expect(await machine.readMetrics(`unix:${socket}`)).toBe('up 1\n');
    } finally {
      server?.close();
    }
    await expect(machine.readMetrics('127.0.0.1:9')).rejects.toThrow('ECONNREFUSED');
    await expect(machine.readMetrics('192.0.2.1:80')).rejects.toThrow('metrics are not served at 192.0.2.1:80');
  });

  test('reads no more of a text than its beginning', async () => {
    const file = join(folder, 'long.txt');
    writeFileSync(file, 'x'.repeat(100_000));
    expect(await machine.readText(file)).toHaveLength(65_536);
  });
});
