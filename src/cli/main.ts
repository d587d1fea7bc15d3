#!/usr/bin/env node
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import type { Cli } from './cli.ts';
import { runCli } from './run-cli.ts';
import { wantsColour } from './wants-colour.ts';

const STOP_SIGNALS = ['SIGTERM', 'SIGINT'] as const;

const cli: Cli = {
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
  onReloadSignal(reload) {
    process.on('SIGHUP', reload);
    return () => process.off('SIGHUP', reload);
  },
  takeVariable(name) {
    const value = process.env[name];
    delete process.env[name];
    return value;
  },
  exit: (code) => process.exit(code),
  exitCode: 0,
};

// A reader such as `head` may leave before the end.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
  process.exit();
});

process.exitCode = await runCli(process.argv.slice(2), cli);
