import type { AdminDocument } from '../../admin/documents.ts';
import type { ConfigCheckDocument } from '../../config/config-document.ts';

/** All that a report may see of the machine. What cannot be read throws; nothing takes more than some seconds. */
export interface ReportMachine {
  /** Wall clock, ms since 1970, and a clock that only goes forward, ms. */
  now(): number;
  elapsed(): number;
  /** The text of a file of the kernel or the distribution, its first 64 KiB. */
  readText(path: string): Promise<string>;
  listFolder(path: string): Promise<readonly string[]>;
  /** What a daemon's configuration file means. Where it is wrong, the error quotes nothing of it. */
  readConfig(path: string): Promise<ConfigCheckDocument>;
  /** Octal mode of a file, and whether this process may read and write it. */
  access(path: string): Promise<{ readonly mode: string; readonly mayReadAndWrite: boolean }>;
  /** What a program writes to standard output. */
  run(program: string, ...words: string[]): Promise<string>;
  ask(socket: string, path: string): Promise<AdminDocument>;
  /** The text at `unix:PATH` or `address:port`. */
  readMetrics(listen: string): Promise<string>;
  readonly system: SystemFacts;
  /** Addresses of each device in this network namespace. */
  addresses(): ReadonlyMap<string, readonly string[]>;
  /** Throws where it does not load. */
  loadAddon(): void;
}

export interface SystemFacts {
  readonly hostname: string;
  readonly node: string;
  readonly kernel: string;
  readonly kernelVersion: string;
  readonly architecture: string;
  readonly processors: number;
  readonly processorModel: string;
  readonly memoryBytes: number;
  readonly freeMemoryBytes: number;
  readonly uptimeSeconds: number;
  readonly loadAverage: readonly number[];
  readonly isRoot: boolean;
  readonly environment: Readonly<Record<string, string | undefined>>;
}
