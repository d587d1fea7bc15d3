/** A lab of a test's own: raised with the built program, as a person does it, and taken down again. */
import { execFile, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { adminRequest } from '../../../src/admin/client.ts';
import type { AdminDocument } from '../../../src/admin/documents.ts';
import { Capture, type CaptureOptions } from './capture.ts';
import { LAB_VARIABLE, type LeftBehind, leftBehind } from './left-behind.ts';
import { LineProcess } from './line-process.ts';
import { cloudFile, type TestCloud, type TestPort } from './test-cloud.ts';

export const MAIN = fileURLToPath(new URL('../../../dist/cli/main.js', import.meta.url));
const COMMAND_LIMIT_MS = 50_000;
const run = promisify(execFile);

export interface CommandResult {
  readonly status: number | null;
  readonly out: string;
  readonly err: string;
}

export class TestLab {
  readonly cloud: TestCloud;
  readonly environment: NodeJS.ProcessEnv;
  readonly folder: string;
  readonly #programs: LineProcess[] = [];
  readonly #captures: Capture[] = [];

  constructor(cloud: TestCloud) {
    this.cloud = cloud;
    this.folder = mkdtempSync(join(tmpdir(), `${cloud.name}-`));
    this.environment = {
      ...process.env,
      [LAB_VARIABLE]: cloud.name,
      WEFT_SOCKET: this.socket('mapper'),
    };
  }

  async up(): Promise<void> {
    const file = this.write('cloud.yaml', cloudFile(this.cloud));
    const { status, err } = await this.weft('lab', 'up', file);
    if (status !== 0) throw new Error(`the lab did not come up: ${err}`);
  }

  /** Takes it down whatever state it is in, and returns what is still there then. */
  async down(): Promise<LeftBehind> {
    const started = [...this.#programs.map((program) => program.stop()), ...this.#captures.map((one) => one.end())];
    await Promise.all(started);
    await this.weft('lab', 'down', this.cloud.name);
    rmSync(this.folder, { recursive: true, force: true });
    return leftBehind(this.cloud.name);
  }

  /** Runs the built program; commands go to the lab's mapping daemon unless they name a socket. */
  weft(...words: string[]): Promise<CommandResult> {
    return this.run(process.execPath, MAIN, ...words);
  }

  run(command: string, ...words: string[]): Promise<CommandResult> {
    return new Promise((resolve, reject) => {
      const child = spawn(command, words, { env: this.environment, timeout: COMMAND_LIMIT_MS });
      const text = { out: '', err: '' };
      child.stdout.on('data', (chunk) => {
        text.out += String(chunk);
      });
      child.stderr.on('data', (chunk) => {
        text.err += String(chunk);
      });
      child.on('error', reject);
      child.on('close', (status) => resolve({ status, ...text }));
    });
  }

  /** A command of `ip` in a namespace; throws where it fails. */
  async ip(namespace: string, ...words: string[]): Promise<string> {
    return (await run('ip', ['-netns', namespace, ...words])).stdout;
  }

  /** A program of the kit in a namespace; it ends with the lab. */
  start(namespace: string, program: string, ...words: string[]): LineProcess {
    const started = new LineProcess(namespace, program, words, this.environment);
    this.#programs.push(started);
    return started;
  }

  /** Listens at a device; ends with the lab at the latest. */
  async capture(options: Omit<CaptureOptions, 'environment'>): Promise<Capture> {
    const capture = await Capture.start({ ...options, environment: this.environment });
    this.#captures.push(capture);
    return capture;
  }

  /** The admin socket of a host's agent, or of the mapping daemon. */
  socket(daemon: string): string {
    return `/run/netweft/lab/${this.cloud.name}/${daemon}.sock`;
  }

  async read<D extends AdminDocument>(daemon: string, schema: D['schema'], path: string): Promise<D> {
    const document = await adminRequest(this.socket(daemon), 'GET', path);
    if (document.schema !== schema) throw new Error(`${daemon} answers ${document.schema}`);
    return document as D;
  }

  log(daemon: string): string {
    return readFileSync(`/run/netweft/lab/${this.cloud.name}/${daemon}.log`, 'utf8');
  }

  pid(daemon: string): number {
    const text = readFileSync(`/run/netweft/lab/${this.cloud.name}/lab.json`, 'utf8');
    const { processes } = JSON.parse(text) as { processes: Record<string, { pid: number } | undefined> };
    const pid = processes[daemon]?.pid;
    if (pid === undefined) throw new Error(`the lab has no process ${daemon}`);
    return pid;
  }

  write(name: string, text: string): string {
    const path = join(this.folder, name);
    writeFileSync(path, text);
    return path;
  }

  port(name: string): TestPort {
    const port = this.cloud.ports.find((one) => one.name === name);
    if (port === undefined) throw new Error(`the cloud has no port ${name}`);
    return port;
  }

  hostNamespace(host: string): string {
    return `weft-${this.cloud.name}-${host}`;
  }
}
