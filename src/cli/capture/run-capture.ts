import type { Writable } from 'node:stream';
import type { LostDocument, PacketDocument, PacketFate } from '../../admin/stream-documents.ts';
import { adminStream } from '../../admin/stream-client.ts';
import { parseTime } from '../../base/format-time.ts';
import type { Endpoint } from '../../base/ipv4.ts';
import { wallNanoseconds } from '../../base/wall-time.ts';
import { ipv4PacketOf, UNKNOWN_LINK_TYPE } from '../decode/link-layer.ts';
import { readOuterDatagram } from '../decode/outer-datagram.ts';
import { CaptureFile } from './capture-file.ts';
import { fateComment, NO_FATE } from './fate-comment.ts';
import { directionOf, frameKey } from './frame-key.ts';
import type { CaptureInterfaceFields, CapturedPacketFields } from './pcapng-writer.ts';
import { TimeOrder } from './time-order.ts';
import { type DeviceCapture, openDevice } from './underlay-device.ts';
import { VerdictJoin } from './verdict-join.ts';

const LINK_RAW = 101;
/** How often datagrams that wait for their verdict are looked at, ms. */
const JOIN_INTERVAL_MS = 50;
/** Bytes of packets that wait for their verdict or their place; those on top of them are lost, and counted. */
const MAX_HELD_BYTES = 32 * 1024 * 1024;
/** As much of a packet as an agent tells. */
const WHOLE_PACKET = 262_144;

export interface CaptureOptions {
  readonly socket: string;
  readonly ports: readonly string[];
  /** The device to capture on, and where this host receives on it. */
  readonly underlay: { readonly device: string; readonly endpoint: Endpoint } | undefined;
  readonly snapLength: number;
  /** Packets after which it ends. */
  readonly maxPackets: number;
  /** Called once the agent and the device are ready; gives undefined where `signal` aborts before it can be written. */
  openOutput(): Promise<Writable | undefined>;
  /** Ends the capture; what is captured by then is written. */
  readonly signal: AbortSignal;
  /** Called once, when nothing that happens from now on is missed. */
  started(): void;
}

export interface CaptureSummary {
  /** `lost` are those that were on the interface and are not in the capture. */
  readonly interfaces: readonly { readonly name: string; readonly packets: number; readonly lost: number }[];
  /** Packets or verdicts that the agent told too fast, and of which it did not say where they were. */
  readonly lostSomewhere: number;
  /** Verdicts of the agent on datagrams that did not come here. */
  readonly lostVerdicts: number;
  /** Datagrams on the device of which the agent told nothing. */
  readonly withoutFate: number;
  /** Whether the agent ended it, unasked. */
  readonly isBrokenOff: boolean;
  /** Whether what reads it took all of it. */
  readonly isWhole: boolean;
}

/** Captures until it has enough, is told to end, or the agent ends. */
export async function runCapture(options: CaptureOptions): Promise<CaptureSummary> {
  const capture = new Capture(options);
  return capture.run();
}

/** Without its comment. */
type Frame = Omit<CapturedPacketFields, 'comment'>;

class Capture {
  readonly #options: CaptureOptions;
  readonly #join = new VerdictJoin<Frame>();
  /** Aborts a little after the capture ends, so that the last verdicts arrive. */
  readonly #streamEnd = new AbortController();
  /** Of both sides, where both are captured. */
  readonly #order = new TimeOrder<CapturedPacketFields>();
  #file: CaptureFile | undefined;
  #device: DeviceCapture | undefined;
  #accepted = 0;
  #heldBytes = 0;
  /** Of the last document: what comes after it is not earlier. */
  #agentTimeNs = 0n;
  #lostSomewhere = 0;
  #lostVerdicts = 0;
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
    const isBrokenOff = !this.#streamEnd.signal.aborted && !this.#isFinishing;
    this.#flush(true);
    this.#file?.lost(this.#options.ports.length, this.#join.notCaptured);
    const isWhole = (await this.#file?.end(wallNanoseconds())) ?? true;
    return { ...this.#summary(), isBrokenOff, isWhole };
  }

  /** What comes from now on is not captured any more. */
  get #isFinishing(): boolean {
    return this.#options.signal.aborted || this.#accepted >= this.#options.maxPackets;
  }

  #tick(): void {
    this.#flush(false);
    if (this.#isFinishing && this.#join.waiting === 0) this.#streamEnd.abort();
  }

  async #readStream(): Promise<void> {
    const { socket } = this.#options;
    const opened = () => this.#open();
    for await (const document of adminStream(socket, this.#path(), this.#streamEnd.signal, undefined, opened)) {
      if (document.schema === 'netweft.lost/v1') this.#takeLost(document);
      if (document.schema === 'netweft.packet/v1') this.#take(document);
      if (!this.#isFinishing) await this.#file?.caughtUp();
    }
  }

  #path(): string {
    const { ports, underlay, snapLength } = this.#options;
    // A datagram is known by all of its bytes.
    const snap = underlay === undefined ? snapLength : WHOLE_PACKET;
    const query = new URLSearchParams({ underlay: String(underlay !== undefined), snap: String(snap) });
    for (const port of ports) query.append('port', port);
    return `/v1/follow/packets?${query.toString()}`;
  }

  /** The stream stands: from now on nothing that is on the device lacks its verdict. */
  async #open(): Promise<void> {
    const { ports, underlay, snapLength, openOutput, signal, started } = this.#options;
    if (underlay !== undefined) {
      const { device, endpoint } = underlay;
      this.#device = openDevice(device, endpoint.port, (bytes, timeNs) => this.#captured(bytes, timeNs));
    }
    const guests = ports.map((name) => guestInterface(name, snapLength));
    const linkType = this.#device?.linkType;
    const hosts = linkType === undefined ? [] : [underlayInterface(underlay?.device ?? '', linkType, snapLength)];
    const output = await openOutput();
    if (output === undefined) return this.#streamEnd.abort();
    this.#file = new CaptureFile(output, [...guests, ...hosts], signal, () => this.#streamEnd.abort());
    started();
  }

  #take(document: PacketDocument): void {
    const { ports, snapLength } = this.#options;
    const bytes = Buffer.from(document.bytes, 'base64');
    this.#agentTimeNs = parseTime(document.time) ?? 0n;
    if (document.side === 'underlay') {
      const key = frameKey(document.direction, document.endpoint ?? '', bytes, document.length);
      this.#join.told(key, document, performance.now());
    } else if (!this.#isFinishing) {
      const packet: CapturedPacketFields = {
        interfaceIndex: ports.indexOf(document.at ?? ''),
        timeNs: this.#agentTimeNs,
        bytes: bytes.subarray(0, snapLength),
        originalLength: document.length,
        direction: document.direction === 'in' ? 'inbound' : 'outbound',
        comment: fateComment(document),
      };
      if (this.#hold(packet)) this.#order.add(packet, performance.now());
    }
    this.#flush(false);
  }

  #takeLost({ lost, places }: LostDocument): void {
    this.#join.lost();
    if (places === undefined) this.#lostSomewhere += lost;
    for (const place of places ?? []) {
      if (place.at === undefined) this.#lostVerdicts += place.lost;
      else this.#file?.lost(this.#options.ports.indexOf(place.at), place.lost);
    }
  }

  #captured(frame: Uint8Array, timeNs: bigint): void {
    const { underlay, ports, snapLength } = this.#options;
    const linkType = this.#device?.linkType;
    if (underlay === undefined || linkType === undefined || this.#file === undefined || this.#isFinishing) return;
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
    if (this.#hold(captured)) this.#join.captured(key, captured, performance.now());
    else this.#join.lost();
  }

  /** Whether there is room for it until it is written. */
  #hold({ interfaceIndex, bytes }: Frame): boolean {
    if (this.#heldBytes + bytes.length > MAX_HELD_BYTES) {
      this.#file?.lost(interfaceIndex, 1);
      return false;
    }
    this.#heldBytes += bytes.length;
    return true;
  }

  #flush(isEnding: boolean): void {
    const now = performance.now();
    for (const { frame, fate } of this.#join.take(now, isEnding)) this.#order.add(this.#withComment(frame, fate), now);
    for (const packet of this.#order.take(this.#settledUntilNs(), now, isEnding)) this.#write(packet);
  }

  #withComment(frame: Frame, fate: PacketFate | undefined): CapturedPacketFields {
    if (fate === undefined) this.#withoutFate++;
    return { ...frame, comment: fate === undefined ? NO_FATE : fateComment(fate) };
  }

  /** Neither side has anything to come that is earlier. */
  #settledUntilNs(): bigint {
    const { ports, underlay } = this.#options;
    const timeNs = this.#join.first?.timeNs ?? wallNanoseconds();
    if (underlay === undefined || ports.length === 0 || this.#agentTimeNs > timeNs) return timeNs;
    return this.#agentTimeNs;
  }

  #write(packet: CapturedPacketFields): void {
    this.#heldBytes -= packet.bytes.length;
    if (this.#accepted < this.#options.maxPackets && this.#file?.write(packet)) this.#accepted++;
  }

  #summary(): Omit<CaptureSummary, 'isBrokenOff' | 'isWhole'> {
    const { ports, underlay } = this.#options;
    const names = [...ports, ...(underlay === undefined ? [] : [underlay.device])];
    const interfaces = names.map((name, index) => ({
      name,
      packets: this.#file?.packetsOf(index) ?? 0,
      lost: this.#file?.lostOf(index) ?? 0,
    }));
    const [lostSomewhere, lostVerdicts, withoutFate] = [this.#lostSomewhere, this.#lostVerdicts, this.#withoutFate];
    return { interfaces, lostSomewhere, lostVerdicts, withoutFate };
  }
}

function guestInterface(name: string, snapLength: number): CaptureInterfaceFields {
  return { name, description: `Netweft port ${name}; inbound: what the guest sent`, linkType: LINK_RAW, snapLength };
}

function underlayInterface(name: string, linkType: number, snapLength: number): CaptureInterfaceFields {
  return { name, description: `underlay of the host; inbound: what other hosts sent`, linkType, snapLength };
}
