import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { DISSECTOR, goldenPath, tshark } from '../dissector/tshark.ts';
import { ROOT } from '../source-files.ts';
import { runCommand } from './run-command.ts';

const PERSONAL = '.local/lib/wireshark/plugins/netweft.lua';

let home = '';
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'weft-wireshark-'));
});
afterEach(() => rmSync(home, { recursive: true }));

function run(words: string, environment: Readonly<Record<string, string>> = { HOME: home }) {
  return runCommand(['wireshark', ...words.split(' ')], { environment });
}

describe('weft wireshark install', () => {
  it('puts the dissector where tshark finds it', async () => {
    const ran = await run('install');
    expect(ran).toMatchObject({ code: 0, err: '' });
    expect(ran.out).toContain(`installed ${join(home, PERSONAL)}\n`);
    const listed = tshark(['-r', goldenPath('frames'), '-Y', 'netweft.label == 16'], home);
    expect(listed).toMatchObject({ status: 0, err: '' });
    expect(listed.out).toContain('udp/2.0 GNI 1001 labels 16 1048575 agreement 7 | ');
  });

  it('names the folder of the protocols, which holds them', async () => {
    const { out } = await run('install');
    expect(readdirSync(out.trimEnd().split('\n').at(-1)?.trim() ?? '')).toContain('control.proto');
  });

  it('does nothing twice, brings an older one up to date, and leaves nothing else', async () => {
    await run('install');
    expect((await run('install')).out).toContain(`up to date: ${join(home, PERSONAL)}\n`);
    writeFileSync(join(home, PERSONAL), '-- of an older release');
    expect((await run('install')).out).toContain(`installed ${join(home, PERSONAL)}\n`);
    expect(readFileSync(join(home, PERSONAL))).toEqual(readFileSync(DISSECTOR));
    expect(readdirSync(join(home, PERSONAL, '..'))).toEqual(['netweft.lua']);
  });

  it('takes another folder', async () => {
    const folder = join(home, 'elsewhere');
    expect(await run(`install --directory ${folder}`, {})).toMatchObject({ code: 0 });
    expect(existsSync(join(folder, 'netweft.lua'))).toBe(true);
  });

  it.each([
    ['a folder that is a file', 'file', 'ENOTDIR'],
    ['a file that is a folder', 'folder', 'EISDIR'],
  ])('refuses %s', async (_, directory, code) => {
    writeFileSync(join(home, 'file'), '');
    mkdirSync(join(home, 'folder/netweft.lua'), { recursive: true });
    const ran = await run(`install --directory ${join(home, directory)}`);
    expect(ran).toMatchObject({ code: 1, out: '' });
    expect(ran.err).toMatch(new RegExp(`^weft: cannot write .*/netweft.lua: (${code}|EEXIST); check --directory\n$`));
    expect(readdirSync(join(home, 'folder'))).toEqual(['netweft.lua']);
  });

  it('needs a home or a folder', async () => {
    const ran = await run('install', {});
    expect(ran).toEqual({
      code: 1,
      out: '',
      err: 'weft: HOME is not set; name the folder of plugins with --directory\n',
    });
  });
});

describe('weft wireshark path', () => {
  it('prints the file that is there, and in the package', async () => {
    expect(await run('path')).toEqual({ code: 0, out: `${DISSECTOR}\n`, err: '' });
    const { files } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { files: string[] };
    expect(files).toEqual(expect.arrayContaining(['packaging', 'proto']));
  });
});
