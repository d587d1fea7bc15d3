import { execFile } from 'node:child_process';
import { constants } from 'node:fs';
import { access, open, readdir, stat } from 'node:fs/promises';
import { get, type IncomingMessage } from 'node:http';
import * as os from 'node:os';
import { promisify } from 'node:util';
import { adminRequest } from '../../admin/client.ts';
import { UserError } from '../../base/errors.ts';
import { type ConfigCheckDocument, configCheckDocument } from '../../config/config-document.ts';
import { parseMetricsListen } from '../../metrics/metrics-listen.ts';
import { loadNativeAddon } from '../../service/native-addon.ts';
import type { ReportMachine, SystemFacts } from './report-machine.ts';

/** How long one answer, one program or one reading of metrics may take. */
const TIMEOUT_MS = 5_000;
const MAX_TEXT_BYTES = 64 * 1024;
const MAX_OUTPUT_BYTES = 8 * 1024 * 1024;
const MAX_METRICS_BYTES = 4 * 1024 * 1024;

const runFile = promisify(execFile);

/** The machine that this process runs on. */
export function localMachine(environment: SystemFacts['environment']): ReportMachine {
  return {
    now: () => Date.now(),
    elapsed: () => performance.now(),
    readText,
    listFolder: (path) => readdir(path),
    readConfig,
    access: readAccess,
    run: (program, ...words) => run(environment['PATH'], program, words),
    ask: (socket, path) => adminRequest(socket, 'GET', path, undefined, TIMEOUT_MS),
    readMetrics,
    system: systemFacts(environment),
    addresses,
    loadAddon: () => void loadNativeAddon(),
  };
}

/** Files of the kernel tell no size. */
async function readText(path: string): Promise<string> {
  const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    const buffer = Buffer.alloc(MAX_TEXT_BYTES);
    let length = 0;
    for (;;) {
      const { bytesRead } = await file.read(buffer, length, buffer.length - length);
      length += bytesRead;
      if (bytesRead === 0 || length === buffer.length) return buffer.toString('utf8', 0, length);
    }
  } finally {
    await file.close();
  }
}

async function readConfig(path: string): Promise<ConfigCheckDocument> {
  const { loadConfig } = await import('../../config/load-config.ts');
  const { daemonOfConfig } = await import('../../config/parse-config.ts');
  const { readConfigFile } = await import('../../config/read-config-file.ts');
  const { AGENT_CONFIG } = await import('../../config/agent-config.ts');
  const { MAPPER_CONFIG } = await import('../../config/mapper-config.ts');
  const text = await readConfigFile(path);
  try {
    const daemon = daemonOfConfig(path, text);
    const sources = { file: { name: path, text }, options: new Map<string, string>(), environment: {} };
    const { settings } = loadConfig<unknown>(daemon === 'agent' ? AGENT_CONFIG : MAPPER_CONFIG, sources, {
      scope: 'part',
    });
    return configCheckDocument(daemon, path, settings);
  } catch (error) {
    throw error instanceof UserError ? wrongConfig(error) : error;
  }
}

/** Without what the message says, since it may quote the file. */
function wrongConfig({ message }: UserError): Error {
  const places = message.match(/^[^\n]*?:\d+:\d+(?=: )/gm)?.map((place) => place.replace(/^.*?(?=\d+:\d+$)/, '')) ?? [];
  return new Error(`it is wrong at line:column ${places.join(' ')}; weft config check says what is wrong there`);
}

async function readAccess(path: string) {
  const { mode } = await stat(path);
  const isRefused = await access(path, constants.R_OK | constants.W_OK).then(
    () => false,
    () => true,
  );
  return { mode: (mode & 0o7777).toString(8).padStart(4, '0'), mayReadAndWrite: !isRefused };
}

/** In an environment of its own, so that nothing there has a say in what is printed. */
async function run(path: string | undefined, program: string, words: readonly string[]): Promise<string> {
  const { stdout } = await runFile(program, words, {
    timeout: TIMEOUT_MS,
    killSignal: 'SIGKILL',
    maxBuffer: MAX_OUTPUT_BYTES,
    env: { LC_ALL: 'C', ...(path === undefined ? {} : { PATH: path }) },
  });
  return stdout;
}

async function readMetrics(listen: string): Promise<string> {
  const parsed = parseMetricsListen(listen);
  if (parsed === undefined) throw new Error(`metrics are not served at ${listen}`);
  const where = parsed.kind === 'unix' ? { socketPath: parsed.path } : hostAndPort(listen);
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    const asked = get({ ...where, path: '/metrics', agent: false, signal: AbortSignal.timeout(TIMEOUT_MS) }, resolve);
    asked.on('error', reject);
  });
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > MAX_METRICS_BYTES) throw new Error(`they are longer than ${MAX_METRICS_BYTES} bytes`);
    chunks.push(chunk);
  }
  if (response.statusCode !== 200) throw new Error(`the answer is ${response.statusCode}`);
  return Buffer.concat(chunks).toString('utf8');
}

function hostAndPort(listen: string) {
  const [host = '', port = ''] = listen.split(':');
  return { host, port };
}

function systemFacts(environment: SystemFacts['environment']): SystemFacts {
  const processors = os.cpus();
  return {
    hostname: os.hostname(),
    node: process.version,
    kernel: os.release(),
    kernelVersion: os.version(),
    architecture: os.arch(),
    processors: processors.length,
    processorModel: processors[0]?.model ?? 'unknown',
    memoryBytes: os.totalmem(),
    freeMemoryBytes: os.freemem(),
    uptimeSeconds: Math.round(os.uptime()),
    loadAverage: os.loadavg(),
    isRoot: process.geteuid?.() === 0,
    environment,
  };
}

function addresses(): ReadonlyMap<string, readonly string[]> {
  const devices = Object.entries(os.networkInterfaces());
  return new Map(devices.map(([name, found = []]) => [name, found.map(({ address }) => address)]));
}
