import type { Writable } from 'node:stream';
import type { PacketDocument, PacketFate } from '../../admin/stream-documents.ts';
import { adminStream } from '../../admin/stream-client.ts';
import { parseTime } from '../../base/format-time.ts';
import type { Endpoint } from '../../base/ipv4.ts';
import { wallNanoseconds } from '../../base/wall-time.ts';
import { ipv4PacketOf, UNKNOWN_LINK_TYPE } from '../decode/link-layer.ts';
import { readOuterDatagram } from '../decode/outer-datagram.ts';
import { CaptureFile } from './capture-file.ts';
import { fateComment, NO_FATE } from './fate-comment.ts';
import { directionOf, frameKey, KEY_BYTES } from './frame-key.ts';
import type { CaptureInterfaceFields, CapturedPacketFields } from './pcapng-writer.ts';
import { type DeviceCapture, openDevice } from './underlay-device.ts';
import { VerdictJoin } from './verdict-join.ts';

const LINK_RAW = 101;
/** How often datagrams that wait for their verdict are looked at, ms. */
const JOIN_INTERVAL_MS = 50;

export interface CaptureOptions {
  readonly socket: string;
  readonly ports: readonly string[];
  /** The device to capture on, and where this host receives on it. */
  readonly underlay: { readonly device: string; readonly endpoint: Endpoint } | undefined;
  readonly snapLength: number;
  /** Packets after which it ends. */
  readonly maxPackets: number;
  /** Called once the agent and the device are ready. */
  openOutput(): Writable;
  /** Ends the capture; what is captured by then is written. */
  readonly signal: AbortSignal;
  /** Called once, when nothing that happens from now on is missed. */
  started(): void;
}

export interface CaptureSummary {
  readonly packets: readonly { readonly name: string; readonly packets: number }[];
  /** That the agent, or this program, could not keep up with. */
  readonly lost: number;
  /** Datagrams on the device of which the agent told nothing. */
  readonly withoutFate: number;
}

/** Captures until it has enough, is told to end, or the agent ends. */
export async function runCapture(options: CaptureOptions): Promise<CaptureSummary> {
  const capture = new Capture(options);
  return capture.run();
}

type Frame = Omit<CapturedPacketFields, 'comment'>;

class Capture {
  readonly #options: CaptureOptions;
  readonly #join = new VerdictJoin<Frame>();
  /** Aborts a little after the capture ends, so that the last verdicts arrive. */
  readonly #streamEnd = new AbortController();
  #file: CaptureFile | undefined;
  #device: DeviceCapture | undefined;
  /** Packets that are written or about to be; one after the other, in this order. */
  #accepted = 0;
  #writes: Promise<void> = Promise.resolve();
  #lost = 0;
  #withoutFate = 0;

  constructor(options: CaptureOptions) {
    this.#options = options;
  }

  async run(): Promise<CaptureSummary> {
    const ticking = setInterval(() => this.#tick(), JOIN_INTERVAL_MS);
    try {
      await this.#readStream();
    } finally {
      clearInterval(ticking);
      this.#device?.close();
    }
    this.#writeJoined(true);
    await this.#writes;
    await this.#file?.end(wallNanoseconds());
    return this.#summary();
  }

  /** What comes from now on is not captured any more. */
  get #isFinishing(): boolean {
    return this.#options.signal.aborted || this.#accepted >= this.#options.maxPackets;
  }

  #tick(): void {
    this.#writeJoined(false);
    if (this.#isFinishing && this.#join.waiting === 0) this.#streamEnd.abort();
  }

  async #readStream(): Promise<void> {
    const { socket } = this.#options;
    let failure: unknown;
    const opened = () => {
      try {
        this.#open();
      } catch (error) {
        failure = error;
        this.#streamEnd.abort();
      }
    };
    for await (const document of adminStream(socket, this.#path(), this.#streamEnd.signal, undefined, opened)) {
      if (document.schema === 'netweft.lost/v1') this.#lost += document.lost;
      if (document.schema === 'netweft.packet/v1') await this.#take(document);
    }
    if (failure !== undefined) throw failure;
  }

  #path(): string {
    const { ports, underlay, snapLength } = this.#options;
    const snap = underlay === undefined ? snapLength : Math.max(snapLength, KEY_BYTES);
    const query = new URLSearchParams({ underlay: String(underlay !== undefined), snap: String(snap) });
    for (const port of ports) query.append('port', port);
    return `/v1/follow/packets?${query.toString()}`;
  }

  /** The stream stands: from now on nothing that is on the device lacks its verdict. */
  #open(): void {
    const { ports, underlay, snapLength, openOutput, started } = this.#options;
    if (underlay !== undefined) {
      const { device, endpoint } = underlay;
      this.#device = openDevice(device, endpoint.port, (bytes, timeNs) => this.#captured(bytes, timeNs));
    }
    const guests = ports.map((name) => guestInterface(name, snapLength));
    const linkType = this.#device?.linkType;
    const hosts = linkType === undefined ? [] : [underlayInterface(underlay?.device ?? '', linkType, snapLength)];
    this.#file = new CaptureFile(openOutput(), [...guests, ...hosts]);
    started();
  }

  async #take(document: PacketDocument): Promise<void> {
    const bytes = Buffer.from(document.bytes, 'base64');
    if (document.side === 'underlay') {
      const key = frameKey(document.direction, document.endpoint ?? '', bytes, document.length);
      this.#join.told(key, document, performance.now());
      this.#writeJoined(false);
    } else if (!this.#isFinishing) {
      this.#write({
        interfaceIndex: this.#options.ports.indexOf(document.at ?? ''),
        timeNs: parseTime(document.time) ?? 0n,
        bytes: bytes.subarray(0, this.#options.snapLength),
        originalLength: document.length,
        direction: document.direction === 'in' ? 'inbound' : 'outbound',
        comment: fateComment(document),
      });
    }
    await this.#writes;
  }

  #captured(frame: Uint8Array, timeNs: bigint): void {
    const { underlay, ports, snapLength } = this.#options;
    const linkType = this.#device?.linkType;
    if (underlay === undefined || linkType === undefined || this.#isFinishing) return;
    const packet = ipv4PacketOf(linkType, frame);
    const datagram = packet === UNKNOWN_LINK_TYPE || packet === undefined ? undefined : readOuterDatagram(packet);
    const way = datagram && directionOf(underlay.endpoint, datagram.source, datagram.destination);
    const captured: Frame = {
      interfaceIndex: ports.length,
      timeNs,
      bytes: new Uint8Array(frame.subarray(0, snapLength)),
      originalLength: frame.length,
      ...(way && { direction: way.direction === 'in' ? 'inbound' : 'outbound' }),
    };
    const key =
      way === undefined
        ? ''
        : frameKey(way.direction, way.peer, datagram?.payload ?? frame, datagram?.payloadLength ?? 0);
    this.#join.captured(key, captured, performance.now());
  }

  #writeJoined(isEnding: boolean): void {
    for (const { frame, fate } of this.#join.take(performance.now(), isEnding)) this.#writeFrame(frame, fate);
  }

  #writeFrame(frame: Frame, fate: PacketFate | undefined): void {
    if (fate === undefined) this.#withoutFate++;
    this.#write({ ...frame, comment: fate === undefined ? NO_FATE : fateComment(fate) });
  }

  #write(packet: CapturedPacketFields): void {
    const file = this.#file;
    if (file === undefined || this.#accepted >= this.#options.maxPackets) return;
    this.#accepted++;
    this.#writes = this.#writes.then(() => file.write(packet));
    this.#writes.catch(() => this.#streamEnd.abort());
  }

  #summary(): CaptureSummary {
    const { ports, underlay } = this.#options;
    const names = [...ports, ...(underlay === undefined ? [] : [underlay.device])];
    const packets = names.map((name, index) => ({ name, packets: this.#file?.packetsOf(index) ?? 0 }));
    return { packets, lost: this.#lost, withoutFate: this.#withoutFate };
  }
}

function guestInterface(name: string, snapLength: number): CaptureInterfaceFields {
  return { name, description: `Netweft port ${name}; inbound: what the guest sent`, linkType: LINK_RAW, snapLength };
}

function underlayInterface(name: string, linkType: number, snapLength: number): CaptureInterfaceFields {
  return { name, description: `underlay of the host; inbound: what other hosts sent`, linkType, snapLength };
}
