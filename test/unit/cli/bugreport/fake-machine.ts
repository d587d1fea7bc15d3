import type { ReportMachine, SystemFacts } from '../../../../src/cli/bugreport/report-machine.ts';
import type { ConfigCheckDocument } from '../../../../src/config/config-document.ts';

/** What a fake machine has; everything else is missing on it. */
export interface FakeMachineOptions {
  readonly texts?: Readonly<Record<string, string>>;
  readonly folders?: Readonly<Record<string, readonly string[]>>;
  readonly configs?: Readonly<Record<string, ConfigCheckDocument>>;
  /** By the first two words. */
  readonly programs?: Readonly<Record<string, string>>;
  /** By `SOCKET PATH`. */
  readonly answers?: Readonly<Record<string, unknown>>;
  readonly metrics?: Readonly<Record<string, string>>;
  readonly addresses?: ReadonlyMap<string, readonly string[]>;
  readonly environment?: SystemFacts['environment'];
}

/** 2026-11-20T10:00:00Z */
const NOW = 1_795_168_800_000;

export interface FakeMachine extends ReportMachine {
  /** Everything that was asked of it. */
  readonly asked: string[];
}

export function fakeMachine(options: FakeMachineOptions = {}): FakeMachine {
  const asked: string[] = [];
  let elapsed = 0;
  const look = <T>(table: Readonly<Record<string, T>> | undefined, name: string): T => {
    asked.push(name);
    const found = table?.[name];
    if (found === undefined) throw new Error(`ENOENT: ${name}`);
    return found;
  };
  return {
    asked,
    now: () => NOW,
    elapsed: () => elapsed++ * 3,
    readText: async (path) => look(options.texts, path),
    listFolder: async (path) => look(options.folders, path),
    readConfig: async (path) => look(options.configs, path),
    access: async (path) => look({ '/dev/net/tun': { mode: '0666', mayReadAndWrite: true } }, path),
    run: async (...words) => look(options.programs, words.slice(0, 2).join(' ')),
    ask: async (socket, path) => look(options.answers, `${socket} ${path}`) as never,
    readMetrics: async (listen) => look(options.metrics, listen),
    system: {
      hostname: 'rack7.acme.example',
      node: 'v20.20.2',
      kernel: '6.18.44',
      kernelVersion: '#1 SMP',
      architecture: 'x64',
      processors: 2,
      processorModel: 'AMD EPYC',
      memoryBytes: 8 * 2 ** 30,
      freeMemoryBytes: 2 ** 30,
      uptimeSeconds: 3600,
      loadAverage: [0.1, 0.2, 0.3],
      isRoot: false,
      environment: options.environment ?? {},
    },
    addresses: () => options.addresses ?? new Map(),
    loadAddon() {
      throw new Error('the native addon is missing: no /home/acme/netweft.node');
    },
  };
}
