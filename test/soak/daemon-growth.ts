import { readFileSync } from 'node:fs';
import { openFiles } from '../kit/netns/left-behind.ts';
import type { TestLab } from '../kit/netns/test-lab.ts';

const MIB = 1024 * 1024;
/** Ports come and go with the guests; their devices are not growth. */
const DEVICE_FILE = '/dev/net/tun';

interface Reading {
  readonly residentBytes: number;
  readonly files: number;
}

interface Watched {
  readonly daemon: string;
  readonly pid: number;
  readonly seenAt: number;
  /** When it had settled. */
  base: Reading | undefined;
  last: Reading;
}

export interface Growth {
  readonly daemon: string;
  readonly pid: number;
  readonly mebibytes: number;
  readonly files: number;
}

/** How much memory and how many open files each daemon's process has taken since it had settled. */
export class DaemonGrowth {
  readonly #lab: TestLab;
  readonly #settleMs: number;
  readonly #watched = new Map<number, Watched>();

  /** `settleMs`: the age, since it was first seen, at which a process has reached its usual size. */
  constructor(lab: TestLab, settleMs: number) {
    this.#lab = lab;
    this.#settleMs = settleMs;
  }

  /** To be called while every daemon runs. */
  read(): void {
    for (const daemon of ['mapper', ...Object.keys(this.#lab.cloud.hosts)]) {
      const pid = this.#lab.pid(daemon);
      const last = readProcess(pid);
      const seen = this.#watched.get(pid) ?? { daemon, pid, seenAt: performance.now(), base: undefined, last };
      seen.last = last;
      if (performance.now() - seen.seenAt >= this.#settleMs) seen.base ??= last;
      this.#watched.set(pid, seen);
    }
  }

  /** Of every process that lived long enough to settle. */
  growth(): Growth[] {
    return [...this.#watched.values()].flatMap(({ daemon, pid, base, last }) => {
      if (base === undefined) return [];
      const bytes = last.residentBytes - base.residentBytes;
      return [{ daemon, pid, mebibytes: Math.round(bytes / MIB), files: last.files - base.files }];
    });
  }
}

function readProcess(pid: number): Reading {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  const kibibytes = Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1]);
  const files = openFiles(pid).filter((file) => file !== DEVICE_FILE).length;
  return { residentBytes: kibibytes * 1024, files };
}
