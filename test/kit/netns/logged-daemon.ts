/** A daemon whose log, in JSON, a test waits for. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { MAIN } from './test-lab.ts';
import { until } from './until.ts';

const LIMIT_MS = 15_000;

export interface LogLine {
  readonly level: string;
  readonly event: string;
  readonly [field: string]: unknown;
}

export class LoggedDaemon {
  /** What it said so far on standard output, lines that are no JSON included. */
  out = '';
  err = '';
  readonly #child: ChildProcess;
  readonly #closed: Promise<unknown>;
  /** Lines that were waited for. */
  #taken = 0;

  /** Runs the built program, in a namespace where one is named. */
  constructor(words: readonly string[], environment: NodeJS.ProcessEnv, namespace?: string) {
    const program = [process.execPath, MAIN, ...words];
    const command = namespace === undefined ? program : ['nsenter', `--net=/run/netns/${namespace}`, ...program];
    this.#child = spawn(command[0] ?? '', command.slice(1), { env: environment });
    this.#closed = once(this.#child, 'close');
    this.#child.stdout?.on('data', (chunk) => {
      this.out += String(chunk);
    });
    this.#child.stderr?.on('data', (chunk) => {
      this.err += String(chunk);
    });
  }

  get lines(): string[] {
    return this.out.split('\n').slice(0, -1);
  }

  /** The next line of this event after the last one that was waited for. */
  async said(event: string): Promise<LogLine> {
    const index = await until(`the log says ${event}`, LIMIT_MS, () => this.#find(event)).catch((error: Error) => {
      throw new Error(`${error.message}; it said ${this.out}${this.err}`);
    });
    this.#taken = index + 1;
    return JSON.parse(this.lines[index] ?? '') as LogLine;
  }

  #find(event: string): number | undefined {
    const isWanted = (line: string) => line.startsWith('{') && (JSON.parse(line) as LogLine).event === event;
    const index = this.lines.findIndex((line, at) => at >= this.#taken && isWanted(line));
    return index < 0 ? undefined : index;
  }

  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  /** Its exit status, by itself or after SIGTERM. */
  async end(): Promise<number | null> {
    if (this.#child.exitCode === null) this.#child.kill('SIGTERM');
    await this.#closed;
    return this.#child.exitCode;
  }

  /** Its exit status; it ends by itself. */
  async ended(): Promise<number | null> {
    await this.#closed;
    return this.#child.exitCode;
  }
}
