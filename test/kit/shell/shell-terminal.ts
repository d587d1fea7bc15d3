/** A shell on a terminal of its own, as a person has it, with the built `weft` and its completion. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { stripVTControlCharacters } from 'node:util';
import { RUN_MARK } from '../run-mark.ts';

export const MAIN = fileURLToPath(new URL('../../../dist/cli/main.js', import.meta.url));
const PROMPT = 'ready> ';
/** How long a shell may take for what it is asked. */
const LIMIT_MS = 10_000;

/** The shell completes with the real program; what would run it prints its words instead, each as `<word>`. */
const START: { readonly [shell: string]: { readonly file: string; readonly text: string; readonly words: string } } = {
  bash: {
    file: 'bashrc',
    text: `PS1='${PROMPT}'
source <(command weft completion bash)
weft() { if [[ $1 == __complete ]]; then command weft "$@"; else printf '<%s>' "$@"; echo; fi; }`,
    words: 'bash --rcfile bashrc -i',
  },
  zsh: {
    file: '.zshrc',
    text: `PS1='${PROMPT}'; unsetopt PROMPT_CR PROMPT_SP
autoload -U compinit; compinit -D -u
source <(command weft completion zsh)
weft() { if [[ $1 == __complete ]]; then command weft "$@"; else printf '<%s>' "$@"; echo; fi }`,
    words: 'zsh -o NO_GLOBAL_RCS -i',
  },
  fish: {
    file: 'start.fish',
    text: `function fish_prompt; printf '${PROMPT}'; end
function fish_greeting; end
command weft completion fish | source
function weft
  if test "$argv[1]" = __complete; command weft $argv; else; printf '<%s>' $argv; echo; end
end`,
    words: 'fish --no-config -C "source start.fish" -i',
  },
};

export class ShellTerminal {
  readonly folder: string;
  readonly #environment: NodeJS.ProcessEnv;
  readonly #child: ChildProcess;
  #shown = '';
  #wake: () => void = () => {};

  /** `environment` is added to a bare one. */
  constructor(shell: string, environment: Readonly<Record<string, string>> = {}) {
    const start = START[shell];
    if (start === undefined) throw new Error(`no such shell: ${shell}`);
    this.folder = shellFolder();
    this.#environment = { ...shellEnvironment(this.folder), ...environment };
    writeFileSync(join(this.folder, start.file), `${start.text}\n`);
    this.#child = spawn('script', ['-qfec', start.words, '/dev/null'], { cwd: this.folder, env: this.#environment });
    this.#child.stdout?.on('data', (chunk: Buffer) => {
      this.#shown += chunk.toString();
      this.#wake();
    });
  }

  /** Types `keys` and Enter at the next prompt; returns the words with which the program was run. */
  async run(keys: string): Promise<readonly string[]> {
    await this.shows(/ready> /);
    this.#shown = '';
    this.#child.stdin?.write(`${keys}\r`);
    const [words] = await this.shows(/(<[^\n]*>)\r?\n/);
    return [...words.matchAll(/<([^<>]*)>/g)].map(([, word = '']) => word);
  }

  /** Waits until what the terminal shows matches. */
  shows(pattern: RegExp): Promise<RegExpExecArray> {
    return new Promise((resolve, reject) => {
      const limit = setTimeout(() => {
        reject(new Error(`the shell does not show ${pattern}: ${JSON.stringify(this.#shown)}`));
      }, LIMIT_MS);
      this.#wake = () => {
        const found = pattern.exec(stripVTControlCharacters(this.#shown));
        if (found === null) return;
        clearTimeout(limit);
        resolve(found);
      };
      this.#wake();
    });
  }

  async close(): Promise<void> {
    if (this.#child.exitCode === null) {
      const ended = once(this.#child, 'exit');
      // It does not end of a gentler one; the shell then loses its terminal, and ends.
      this.#child.kill('SIGKILL');
      await ended;
    }
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** A home in which the built program is on the path. */
export function shellFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), `weft-shell-${RUN_MARK}-`));
  mkdirSync(join(folder, 'bin'));
  const weft = join(folder, 'bin/weft');
  writeFileSync(weft, `#!/bin/sh\nexec '${process.execPath}' '${MAIN}' "$@"\n`);
  chmodSync(weft, 0o755);
  return folder;
}

/** Nothing of the person who runs the tests. */
export function shellEnvironment(folder: string): NodeJS.ProcessEnv {
  const path = `${join(folder, 'bin')}:${process.env['PATH'] ?? ''}`;
  return { PATH: path, HOME: folder, ZDOTDIR: folder, TERM: 'vt100', LANG: 'C.UTF-8', HISTFILE: '' };
}
