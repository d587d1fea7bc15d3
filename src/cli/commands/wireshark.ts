import { randomBytes } from 'node:crypto';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Command } from 'commander';
import { UserError } from '../../base/errors.ts';
import { printable } from '../../base/printable.ts';
import { pathArgument } from '../arguments.ts';
import type { Cli } from '../cli.ts';
import { type CommandText, describeCommand } from '../describe-command.ts';

const FILE = 'netweft.lua';
/** In a home folder. Wireshark keeps plugins in C by version below it, and Lua in the folder itself. */
const PERSONAL_FOLDER = '.local/lib/wireshark/plugins';

const INSTALL_TEXT: CommandText = {
  about: `
Copies the dissector to the plugins of the user who runs this; Wireshark and tshark, from version 4.0 on, load it when
they start. Doing it again brings it up to date. For every user of the machine, give the folder that
\`tshark -G folders\` calls "Global Lua Plugins".`,
  examples: [
    'weft wireshark install',
    'weft wireshark install --directory /usr/lib/x86_64-linux-gnu/wireshark/plugins',
  ],
};

const PATH_TEXT: CommandText = {
  about: 'For one run without installing anything.',
  examples: ['weft wireshark path', 'tshark -X lua_script:"$(weft wireshark path)" -r underlay.pcapng'],
};

export function addWiresharkCommand(program: Command, cli: Cli): void {
  const wireshark = program.command('wireshark').description('show Netweft to Wireshark and tshark');
  describeCommand(wireshark.command('install'), INSTALL_TEXT)
    .description('install the dissector of frames and control messages')
    .option('--directory <path>', `folder of plugins (default: ~/${PERSONAL_FOLDER})`, pathArgument)
    .action(async ({ directory }: { directory?: string }) => {
      const path = join(directory ?? personalFolder(cli), FILE);
      cli.out(installedText(path, await install(path)));
    });
  describeCommand(wireshark.command('path'), PATH_TEXT)
    .description('print where the dissector is')
    .action(() => cli.out(`${packagedPath(`packaging/wireshark/${FILE}`)}\n`));
}

function personalFolder(cli: Cli): string {
  const home = cli.environment['HOME'];
  if (home) return join(home, PERSONAL_FOLDER);
  throw new UserError('invalid', 'HOME is not set', 'name the folder of plugins with --directory');
}

/** Whether anything had to be done. */
async function install(path: string): Promise<boolean> {
  const dissector = await readFile(packagedPath(`packaging/wireshark/${FILE}`));
  try {
    const present = await readFile(path).catch(() => undefined);
    if (present?.equals(dissector)) return false;
    await mkdir(dirname(path), { recursive: true });
    await replaceFile(path, dissector);
    return true;
  } catch (error) {
    throw installError(error, path);
  }
}

/** A Wireshark that starts meanwhile loads the old or the new one: it takes no notice of other endings. */
async function replaceFile(path: string, bytes: Uint8Array): Promise<void> {
  // Nobody knows the name before, and what stands there already is never written to.
  const draft = `${path}.${randomBytes(8).toString('hex')}`;
  try {
    await writeFile(draft, bytes, { mode: 0o644, flag: 'wx' });
    await rename(draft, path);
  } catch (error) {
    await rm(draft, { force: true });
    throw error;
  }
}

function installError(error: unknown, path: string): unknown {
  const code = (error as NodeJS.ErrnoException).code;
  if (code === undefined) return error;
  const isPermission = code === 'EACCES' || code === 'EPERM' || code === 'EROFS';
  const hint = isPermission ? 'run it as a user who may, or give another --directory' : 'check --directory';
  return new UserError(isPermission ? 'not-permitted' : 'invalid', `cannot write ${path}: ${code}`, hint);
}

function installedText(path: string, isNew: boolean): string {
  const lines = [
    `${isNew ? 'installed' : 'up to date:'} ${path}`,
    'Wireshark loads it at its next start, or now with Analyze > Reload Lua Plugins. A filter to begin with: netweft',
    'For the fields of control messages, add this folder to the search paths of Preferences > Protocols > ProtoBuf:',
    `  ${packagedPath('proto')}`,
  ];
  return lines.map((line) => `${printable(line)}\n`).join('');
}

/** Of what the package carries beside its code; `src/` and `dist/` are equally deep in it. */
function packagedPath(path: string): string {
  return fileURLToPath(new URL(`../../../${path}`, import.meta.url));
}
