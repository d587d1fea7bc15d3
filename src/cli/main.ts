#!/usr/bin/env node
import { catchReloads } from './catch-reloads.ts';

/** The commands that are daemons: whoever manages one may tell it to reload as soon as its process is there. */
const DAEMONS = ['mapper', 'agent'];

const words = process.argv.slice(2);
const onReloadSignal = DAEMONS.includes(words[0] ?? '') ? catchReloads() : () => () => {};

// Loading the rest takes long enough for a signal to come in between.
const { runProcess } = await import('./run-process.ts');
process.exitCode = await runProcess(words, onReloadSignal);
