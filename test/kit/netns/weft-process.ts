/** A `weft` command that goes on until it is told to end, in a namespace. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { MAIN, type TestLab } from './test-lab.ts';
import { until } from './until.ts';

const LIMIT_MS = 15_000;
/** One that does not end by itself is killed, ms. */
const LONGEST_MS = 50_000;

export class WeftProcess {
  out = '';
  err = '';
  readonly #child: ChildProcess;
  readonly #closed: Promise<unknown>;

  constructor(lab: TestLab, namespace: string, ...words: string[]) {
    const inside = [`--net=/run/netns/${namespace}`, process.execPath, MAIN, ...words];
    this.#child = spawn('nsenter', inside, { env: lab.environment, timeout: LONGEST_MS });
    this.#closed = once(this.#child, 'close');
    this.#child.stdout?.on('data', (chunk) => {
      this.out += String(chunk);
    });
    this.#child.stderr?.on('data', (chunk) => {
      this.err += String(chunk);
    });
  }

  /** Until it has said as many lines on standard output. */
  async lines(count: number): Promise<string[]> {
    const lines = () => this.out.split('\n').slice(0, -1);
    await until(`${count} lines; so far: ${this.out}${this.err}`, LIMIT_MS, () => lines().length >= count);
    return lines();
  }

  /** Until it has said this on standard error. */
  async said(text: string): Promise<void> {
    await until(`"${text}" on standard error, not ${this.err}`, LIMIT_MS, () => this.err.includes(text));
  }

  /** Its exit status, by itself or after the signal. */
  async end(signal?: NodeJS.Signals): Promise<number | null> {
    if (signal !== undefined) this.#child.kill(signal);
    await this.#closed;
    return this.#child.exitCode;
  }
}
