/** What a lab has on this machine: everything that must be gone when it is down. */
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { RUN_MARK } from '../run-mark.ts';

/** The variable that every process of a lab carries, with the lab's name. */
export const LAB_VARIABLE = 'WEFT_TEST_LAB';

export interface LeftBehind {
  readonly namespaces: readonly string[];
  /** Command lines. */
  readonly processes: readonly string[];
  readonly directories: readonly string[];
}

export const NOTHING: LeftBehind = { namespaces: [], processes: [], directories: [] };

export function leftBehind(lab: string): LeftBehind {
  const directory = `/run/netweft/lab/${lab}`;
  return {
    namespaces: namespacesOf(lab),
    processes: processesOf(lab).map(({ command }) => command),
    directories: existsSync(directory) ? [directory] : [],
  };
}

export function namespacesOf(lab: string): string[] {
  const names = readdirSync('/run/netns');
  return names.filter((name) => name.startsWith(`${lab}-`) || name.startsWith(`weft-${lab}-`)).toSorted();
}

export function processesOf(lab: string): { pid: number; command: string }[] {
  const pids = readdirSync('/proc').filter((entry) => /^\d+$/.test(entry) && Number(entry) !== process.pid);
  return pids.flatMap((pid) => {
    const environment = readProcess(pid, 'environ');
    if (!environment.includes(`${LAB_VARIABLE}=${lab}`)) return [];
    return [{ pid: Number(pid), command: readProcess(pid, 'cmdline').join(' ') }];
  });
}

/** What a process has open, by kind. */
export function openFiles(pid: number): string[] {
  const folder = `/proc/${pid}/fd`;
  const links = readdirSync(folder).flatMap((fd) => {
    try {
      return [readlinkSync(`${folder}/${fd}`).replace(/\[\d+\]$/, '')];
    } catch {
      return []; // closed meanwhile
    }
  });
  return links.toSorted();
}

/** This run's network devices outside of any lab; a device that escaped its namespace shows here. */
export function devicesHere(): string[] {
  const links = JSON.parse(execFileSync('ip', ['-json', 'link'], { encoding: 'utf8' })) as { ifname: string }[];
  return links
    .map(({ ifname }) => ifname)
    .filter((name) => name.includes(RUN_MARK))
    .toSorted();
}

function readProcess(pid: string, file: string): string[] {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8').split('\0');
  } catch {
    return []; // it ended
  }
}
