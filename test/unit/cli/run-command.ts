import type { Cli } from '../../../src/cli/cli.ts';
import { runCli } from '../../../src/cli/run-cli.ts';

export interface Ran {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

export interface World {
  readonly environment?: Readonly<Record<string, string>>;
  readonly input?: string;
  readonly hasColour?: boolean;
  readonly columns?: number;
  readonly errorsToTerminal?: boolean;
}

/** A process that only remembers what was done to it; `signal` sends it one. */
export class TestProcess implements Cli {
  readonly environment: Record<string, string>;
  readonly hasColour: boolean;
  readonly columns: number | undefined;
  readonly errorsToTerminal: boolean;
  readonly #input: string;
  readonly #stops = new Set<(signal: string) => void>();
  readonly #reloads = new Set<() => void>();
  exitCode = 0;
  written = '';
  complained = '';
  readonly exits: number[] = [];

  constructor(world: World = {}) {
    this.environment = { ...world.environment };
    this.hasColour = world.hasColour ?? false;
    this.columns = world.columns;
    this.errorsToTerminal = world.errorsToTerminal ?? false;
    this.#input = world.input ?? '';
  }

  out(text: string): void {
    this.written += text;
  }

  err(text: string): void {
    this.complained += text;
  }

  async outTaken(): Promise<void> {}

  async readInput(): Promise<string> {
    return this.#input;
  }

  onStopSignal(stop: (signal: string) => void): () => void {
    this.#stops.add(stop);
    return () => void this.#stops.delete(stop);
  }

  onReloadSignal(reload: () => void): () => void {
    this.#reloads.add(reload);
    return () => void this.#reloads.delete(reload);
  }

  takeVariable(name: string): string | undefined {
    const value = this.environment[name];
    delete this.environment[name];
    return value;
  }

  exit(code: number): void {
    this.exits.push(code);
  }

  signal(name: string): void {
    if (name === 'SIGHUP') for (const reload of this.#reloads) reload();
    else for (const stop of this.#stops) stop(name);
  }

  get listeners(): number {
    return this.#stops.size + this.#reloads.size;
  }
}

/** Runs `weft` with these words in this process. */
export async function runCommand(words: readonly string[], world: World = {}): Promise<Ran> {
  const process = new TestProcess(world);
  const code = await runCli(words, process);
  return { code, out: process.written, err: process.complained };
}
