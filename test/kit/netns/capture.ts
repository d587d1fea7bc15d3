/** What reaches a device, packet by packet, by way of tcpdump. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';

const FILE_HEADER_BYTES = 24;
const PACKET_HEADER_BYTES = 16;
/** The ring between kernel and tcpdump, KiB; it has a slot of the snapshot's length for each packet. */
const BUFFER_KIB = 8192;
const SNAPSHOT_BYTES = 2048;

export interface CaptureOptions {
  readonly namespace: string;
  readonly device: string;
  /** `in`: what the device hands to its namespace; `out`: what the namespace gives to the device. */
  readonly direction: 'in' | 'out' | 'inout';
  readonly filter: string;
  readonly environment: NodeJS.ProcessEnv;
}

export class Capture {
  /** Whole frames as tcpdump saw them; on a TUN device these are IP packets. */
  readonly packets: Buffer[] = [];
  readonly #child: ChildProcess;
  #unread = Buffer.alloc(0);
  #isPastHeader = false;
  #messages = '';

  private constructor(options: CaptureOptions) {
    const { namespace, device, direction, filter } = options;
    const ring = ['-s', String(SNAPSHOT_BYTES), '-B', String(BUFFER_KIB), '--immediate-mode'];
    const words = ['-i', device, '-Q', direction, '-Z', 'root', ...ring];
    this.#child = spawn('nsenter', [`--net=/run/netns/${namespace}`, 'tcpdump', ...words, '-U', '-w', '-', filter], {
      env: options.environment,
    });
    this.#child.stdout?.on('data', (chunk: Buffer) => this.#read(chunk));
    this.#child.stderr?.on('data', (chunk) => {
      this.#messages += String(chunk);
    });
  }

  /** Resolves when it captures: tcpdump writes the file's header then. */
  static async start(options: CaptureOptions): Promise<Capture> {
    const capture = new Capture(options);
    const ended = once(capture.#child, 'close').then(() => {
      throw new Error(`tcpdump: ${capture.#messages}`);
    });
    ended.catch(() => {});
    while (!capture.#isPastHeader)
      await Promise.race([once(capture.#child.stdout as NodeJS.EventEmitter, 'data'), ended]);
    return capture;
  }

  /** Ends it when everything captured has been read; throws where the kernel had to leave packets out. */
  async stop(): Promise<void> {
    await this.end();
    if (!/^0 packets dropped by kernel/m.test(this.#messages)) throw new Error(`tcpdump: ${this.#messages}`);
  }

  /** Ends it whatever it has to say; a second time does nothing. */
  async end(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const closed = once(this.#child, 'close');
    this.#child.kill('SIGTERM');
    await closed;
  }

  #read(chunk: Buffer): void {
    let rest = Buffer.concat([this.#unread, chunk]);
    if (!this.#isPastHeader && rest.length >= FILE_HEADER_BYTES) {
      this.#isPastHeader = true;
      rest = rest.subarray(FILE_HEADER_BYTES);
    }
    while (this.#isPastHeader && rest.length >= PACKET_HEADER_BYTES) {
      const end = PACKET_HEADER_BYTES + rest.readUInt32LE(8);
      if (rest.length < end) break;
      this.packets.push(rest.subarray(PACKET_HEADER_BYTES, end));
      rest = rest.subarray(end);
    }
    this.#unread = rest;
  }
}
