/** Starting, watching and ending the daemons of a lab, which outlive the command that starts them. */
import { spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { namespacePath } from './namespaces.ts';
import type { DaemonPlan } from './plan.ts';

/** How long a daemon may take to end before it is killed. */
const TERM_MS = 3000;
const POLL_MS = 20;

/** A process for certain: a pid that was given to another process since has another start time. */
export interface ProcessRecord {
  readonly pid: number;
  /** Clock ticks from the machine's boot to the process's start, /proc/PID/stat field 22. */
  readonly startTime: number;
}

/** The program and its first arguments, such as node and the path of its main file. */
export type Program = readonly [string, ...string[]];

/** Starts it detached in its namespace, with its output appended to its log. */
export function startDaemon(daemon: DaemonPlan, program: Program): ProcessRecord {
  const log = openSync(daemon.log, 'a', 0o600);
  try {
    const child = spawn('nsenter', [`--net=${namespacePath(daemon.namespace)}`, ...program, ...daemon.arguments], {
      cwd: '/',
      detached: true,
      stdio: ['ignore', log, log],
    });
    child.unref();
    // That it could not be started shows as a process that is not there.
    child.on('error', () => {});
    const pid = child.pid ?? 0;
    return processRecord(pid) ?? { pid, startTime: 0 };
  } finally {
    closeSync(log);
  }
}

/** `undefined` where there is no such process. */
export function processRecord(pid: number): ProcessRecord | undefined {
  const stat = processStat(pid);
  return stat && { pid, startTime: stat.startTime };
}

/** The program and its arguments; none where the process has ended. */
export function commandLine(pid: number): string[] {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
  } catch {
    return [];
  }
}

export function isRunning(process: ProcessRecord): boolean {
  const stat = processStat(process.pid);
  return stat !== undefined && stat.startTime === process.startTime && stat.state !== 'Z';
}

/** Ends these processes and no others: asked first, killed after three seconds. */
export async function endProcesses(processes: readonly ProcessRecord[]): Promise<void> {
  signalRunning(processes, 'SIGTERM');
  for (let waited = 0; waited < TERM_MS && processes.some(isRunning); waited += POLL_MS) await sleep(POLL_MS);
  signalRunning(processes, 'SIGKILL');
  for (let waited = 0; waited < TERM_MS && processes.some(isRunning); waited += POLL_MS) await sleep(POLL_MS);
}

function signalRunning(processes: readonly ProcessRecord[], signal: NodeJS.Signals): void {
  for (const { pid } of processes.filter(isRunning)) {
    try {
      process.kill(pid, signal);
    } catch {
      // It ended by itself in the meantime.
    }
  }
}

function processStat(pid: number): { state: string; startTime: number } | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The second field is the command in parentheses, which may hold anything; the third follows the last one.
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
    return { state: fields[0] ?? '', startTime: Number(fields[19]) };
  } catch {
    return undefined;
  }
}
