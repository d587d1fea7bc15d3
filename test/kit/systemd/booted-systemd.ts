/** A systemd of the test's own: see README.md. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { until } from '../netns/until.ts';
import { RUN_MARK } from '../run-mark.ts';

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));
const BOOT = join(ROOT, 'test/kit/systemd/boot');
const GROUPS = '/sys/fs/cgroup';
const BOOT_LIMIT_MS = 30_000;
const COMMAND_LIMIT_MS = 30_000;
const PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

export interface Ran {
  readonly status: number | null;
  readonly out: string;
  readonly err: string;
}

export class BootedSystemd {
  /** The name of its control groups, and part of its folder's. */
  readonly name: string;
  readonly folder: string;
  readonly #unshare: ChildProcess;
  #said = '';
  #pid = 0;

  private constructor() {
    this.name = `weft-systemd-${RUN_MARK}`;
    this.folder = mkdtempSync(join(tmpdir(), `${this.name}-`));
    const words = [this.name, this.folder, ROOT, process.execPath];
    this.#unshare = spawn(BOOT, words, { stdio: ['ignore', 'pipe', 'pipe'] });
    for (const stream of [this.#unshare.stdout, this.#unshare.stderr]) {
      stream?.on('data', (text) => {
        this.#said += text;
      });
    }
  }

  /** Resolves when its units are up; rejects with the reason where it cannot boot. */
  static async boot(): Promise<BootedSystemd> {
    const systemd = new BootedSystemd();
    try {
      await until('systemd has booted', BOOT_LIMIT_MS, () => systemd.#isUp());
      return systemd;
    } catch (error) {
      await systemd.end();
      throw new Error(`systemd cannot boot here: ${systemd.#said || 'it said nothing'}`, { cause: error });
    }
  }

  /** Runs a script in it, as root, by bash. */
  run(script: string): Ran {
    const options = { encoding: 'utf8', timeout: COMMAND_LIMIT_MS, input: script } as const;
    const words = ['-t', String(this.#pid), '-p', '-m', '-u', '-i', '-n', '-C', '-r', '-w'];
    const command = ['env', '-i', `PATH=${PATH}`, 'HOME=/root', 'SYSTEMD_PAGER=', 'bash', '-s'];
    const { status, stdout, stderr } = spawnSync('nsenter', [...words, ...command], options);
    return { status, out: stdout, err: stderr };
  }

  /** The same, for a script that must succeed; returns what it printed. */
  do(script: string): string {
    const { status, out, err } = this.run(script);
    if (status !== 0) throw new Error(`status ${status} of: ${script}\n${out}${err}`);
    return out.trim();
  }

  /** Ends every process in it, and with the last of them its namespaces and mounts; removes its groups and its folder. */
  async end(): Promise<void> {
    const { exitCode, signalCode } = this.#unshare;
    if (exitCode === null && signalCode === null) {
      const ended = once(this.#unshare, 'exit');
      if (this.#pid > 0) process.kill(this.#pid, 'SIGKILL');
      else this.#unshare.kill('SIGKILL');
      await ended;
    }
    await until('its control groups are gone', COMMAND_LIMIT_MS, () => this.groups().every(removeGroup));
    rmSync(this.folder, { recursive: true, force: true });
  }

  /** Its control groups that exist. */
  groups(): string[] {
    const hierarchies = [GROUPS, ...readdirSync(GROUPS).map((name) => join(GROUPS, name))];
    return hierarchies.map((path) => join(path, this.name)).filter((path) => existsSync(path));
  }

  #isUp(): boolean {
    const { pid, exitCode } = this.#unshare;
    if (exitCode !== null) throw new Error(`boot ended with status ${exitCode}`);
    this.#pid = Number(readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim());
    if (this.#pid === 0) return false;
    // Before it has a root of its own, this would ask the machine's.
    if (!readFileSync(`/proc/${this.#pid}/comm`, 'utf8').startsWith('systemd')) return false;
    return ['running', 'degraded'].includes(this.run('systemctl is-system-running').out.trim());
  }
}

/** False where a process is still in it. */
function removeGroup(path: string): boolean {
  const inner = readdirSync(path, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  if (!inner.map(({ name }) => join(path, name)).every(removeGroup)) return false;
  try {
    rmdirSync(path);
    return true;
  } catch {
    return false;
  }
}
