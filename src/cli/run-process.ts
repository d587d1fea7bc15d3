import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import type { Cli } from './cli.ts';
import { runCli } from './run-cli.ts';
import { wantsColour } from './wants-colour.ts';

const STOP_SIGNALS = ['SIGTERM', 'SIGINT'] as const;

/** Runs one command line as this process, and returns the process's status. */
export async function runProcess(words: readonly string[], onReloadSignal: Cli['onReloadSignal']): Promise<number> {
  // A reader such as `head` may leave before the end.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
    process.exit();
  });
  return await runCli(words, processCli(onReloadSignal));
}

function processCli(onReloadSignal: Cli['onReloadSignal']): Cli {
  return {
    out: (words) => void process.stdout.write(words),
    err: (words) => void process.stderr.write(words),
    async outTaken() {
      if (process.stdout.writableNeedDrain) await once(process.stdout, 'drain');
    },
    readInput: () => text(process.stdin),
    environment: process.env,
    hasColour: wantsColour(process.env, process.stdout.isTTY === true),
    columns: process.stdout.isTTY ? process.stdout.columns : undefined,
    errorsToTerminal: process.stderr.isTTY === true,
    onStopSignal(stop) {
      for (const signal of STOP_SIGNALS) process.on(signal, stop);
      return () => {
        for (const signal of STOP_SIGNALS) process.off(signal, stop);
      };
    },
    onReloadSignal,
    takeVariable(name) {
      const value = process.env[name];
      delete process.env[name];
      return value;
    },
    exit: (code) => process.exit(code),
    exitCode: 0,
  };
}
