import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { RUN_MARK } from '../run-mark.ts';

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));
const MACHINE = fileURLToPath(new URL('machine', import.meta.url));
/** Printed after each command; no command prints it. */
const END = '\u001e';
/** What stands in the pages for where this checkout and the home of whoever runs the commands are. */
const SHOWN = { root: '/opt/netweft', home: '/home/ops' };
/** tshark says it to root, on standard error, every time. */
const NOT_SHOWN = /Running as user "root" and group "root"\. This could be dangerous\.\n/gm;

/**
 * Types the commands into one shell, as root on a machine without labs, in a folder that has the checkout's examples,
 * and returns what each printed. A command in the background that does not print into /dev/null is waited for until it
 * says its first line; what it says later is what `wait` prints.
 */
export async function runCommands(commands: readonly string[], limitMs: number): Promise<string[]> {
  const folder = mkdtempSync(join(tmpdir(), `weft-tour-${RUN_MARK}-`));
  try {
    const home = join(folder, 'home');
    prepare(folder, home);
    writeFileSync(join(folder, 'script'), script(commands));
    const { WEFT_SOCKET: _, ...inherited } = process.env;
    const PATH = [join(folder, 'bin'), inherited['PATH']].join(delimiter);
    const { stdout } = await promisify(execFile)(MACHINE, ['bash', join(folder, 'script')], {
      cwd: join(folder, 'work'),
      env: { ...inherited, PATH, HOME: home, LC_ALL: 'C.UTF-8', SAID: join(folder, 'said') },
      timeout: limitMs,
      killSignal: 'SIGKILL',
    });
    return outputs(stdout, home);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function prepare(folder: string, home: string): void {
  for (const made of [home, join(folder, 'bin'), join(folder, 'work')]) mkdirSync(made);
  const weft = `#!/bin/sh\nexec '${process.execPath}' '${join(ROOT, 'dist/cli/main.js')}' "$@"\n`;
  writeFileSync(join(folder, 'bin/weft'), weft, { mode: 0o755 });
  for (const name of ['examples', 'packaging']) symlinkSync(join(ROOT, name), join(folder, 'work', name));
}

function script(commands: readonly string[]): string {
  const lines = commands.map((command) => `${typed(command)}\nprintf '\\x1e'\n`);
  return ['exec </dev/null 2>&1\n: >"$SAID"\n', ...lines].join('');
}

function typed(command: string): string {
  if (command === 'wait') return 'wait\ntail -n +2 "$SAID"\n: >"$SAID"';
  const [, inBackground] = /^(.*[^&]) &$/s.exec(command) ?? [];
  if (inBackground === undefined || inBackground.endsWith('> /dev/null')) return command;
  return `{ ${inBackground}; } >"$SAID" 2>&1 &\nuntil [[ -s $SAID ]]; do sleep 0.05; done\nhead -n 1 "$SAID"`;
}

function outputs(text: string, home: string): string[] {
  const shown = text
    .replace(NOT_SHOWN, '')
    .replaceAll(home, SHOWN.home)
    .replaceAll(ROOT.replace(/\/$/, ''), SHOWN.root);
  return shown.split(END).slice(0, -1);
}
