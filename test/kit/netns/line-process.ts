import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface, type Interface } from 'node:readline';
import { fileURLToPath } from 'node:url';

/** How long a program may take to answer a line or to end. */
const ANSWER_MS = 20_000;

/** One of the kit's programs in a network namespace: a line of JSON in, a line of JSON out, in order. */
export class LineProcess {
  readonly #child: ChildProcess;
  readonly #lines: Interface;
  readonly #answers: ((line: string) => void)[] = [];
  readonly #unread: string[] = [];
  readonly #exit: Promise<unknown>;
  #errors = '';

  constructor(namespace: string, program: string, words: readonly string[], environment: NodeJS.ProcessEnv) {
    const path = fileURLToPath(new URL(program, import.meta.url));
    this.#child = spawn('nsenter', [`--net=/run/netns/${namespace}`, process.execPath, path, ...words], {
      env: environment,
    });
    this.#exit = once(this.#child, 'close');
    // One that ended by itself is told by the next answer that does not come.
    this.#child.stdin?.on('error', () => {});
    this.#child.stderr?.on('data', (chunk) => {
      this.#errors += String(chunk);
    });
    this.#lines = createInterface({ input: this.#child.stdout as NodeJS.ReadableStream });
    this.#lines.on('line', (line) => {
      const answer = this.#answers.shift();
      if (answer === undefined) this.#unread.push(line);
      else answer(line);
    });
  }

  /** The next line that the program writes. */
  async next<T>(): Promise<T> {
    const waiting = this.#unread.shift();
    if (waiting !== undefined) return JSON.parse(waiting) as T;
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new Error(`a program says nothing; ${this.#errors}`)), ANSWER_MS);
    });
    const line = new Promise<string>((resolve) => this.#answers.push(resolve));
    const text = await Promise.race([line, late, this.#exit.then(() => '')]);
    clearTimeout(timer);
    if (text === '') throw new Error(`a program ended: ${this.#errors}`);
    return JSON.parse(text) as T;
  }

  ask<T>(question: unknown): Promise<T> {
    this.#child.stdin?.write(`${JSON.stringify(question)}\n`);
    return this.next<T>();
  }

  /** Closes its input, upon which it ends. */
  async stop(): Promise<void> {
    this.#child.stdin?.end();
    const timer = setTimeout(() => this.#child.kill('SIGKILL'), ANSWER_MS);
    await this.#exit;
    clearTimeout(timer);
  }
}
