import { UserError } from '../../base/errors.ts';
import type { Endpoint } from '../../base/ipv4.ts';
import type { InPacket, OutPacket } from '../../fastpath/packets.ts';
import { loadNativeAddon, type NativeWorker } from '../../service/native-addon.ts';
import { checkDeviceOptions, namespacePath } from './device-options.ts';
import { deviceFailure, startFailure, workerFault } from './native-failure.ts';
import { mapSharedMemory, RING_CAPACITY, type SharedMemory } from './native-layout.ts';
import { type DeviceOptions, type IoCounters, type IoEvents, LOST_CAUSES, type PacketIo } from './packet-io.ts';
import { RECORD_KIND, type RingRecord } from './record-ring.ts';

/** The worker keeps room in the in ring for two reports on each of so many devices. */
const MAX_DEVICES = 4096;
/** Records handed on in one call, and batches read before other work of the process gets its turn. */
const BATCH_RECORDS = 128;
const BATCHES_PER_TURN = 8;

/**
 * Binds the underlay socket and starts the native worker, in the network namespace of the process.
 * Throws UserError: `in-use` or `not-found` for the address, `not-permitted`, `unsupported` where
 * the addon is missing.
 */
export async function openNativePacketIo(
  options: { readonly underlay: Endpoint },
  events: IoEvents,
): Promise<PacketIo> {
  return new NativePacketIo(options.underlay, events);
}

interface Port {
  readonly port: number;
  readonly options: DeviceOptions;
  /** What the worker calls this opening; packets of an earlier device of the port carry another. */
  readonly id: number;
  state: 'opening' | 'open' | 'closed';
  /** Settles the promise of `openPort`: with nothing when the device is open. */
  settle: (error?: Error) => void;
}

class NativePacketIo implements PacketIo {
  readonly underlay: Endpoint;
  readonly #events: IoEvents;
  readonly #worker: NativeWorker;
  readonly #memory: SharedMemory;
  /** Ports that are open or being opened. */
  readonly #ports = new Map<number, Port>();
  /** The same by id, and those that were closed before the worker had answered. */
  readonly #devices = new Map<number, Port>();
  #lastId = 0;
  #outRingFull = 0;
  #sentToClosedPort = 0;
  /** The worker's rounds when one more was asked for. */
  #roundsSeen: bigint | undefined;
  /** Devices are opened one after another, so that one whose opening was given up is gone before the next. */
  #openings: Promise<void> = Promise.resolve();
  #closing: Promise<void> | undefined;

  constructor(underlay: Endpoint, events: IoEvents) {
    const { Worker } = loadNativeAddon();
    this.underlay = underlay;
    this.#events = events;
    try {
      this.#worker = new Worker(underlay.address, underlay.port, RING_CAPACITY, this.#drain);
    } catch (error) {
      throw isNativeFailure(error) ? startFailure(error.step, error.errno, underlay) : error;
    }
    this.#memory = mapSharedMemory(this.#worker.memory);
    this.#rearm();
  }

  async openPort(port: number, options: DeviceOptions): Promise<void> {
    if (!Number.isInteger(port) || port < 0 || port > 0xffff) throw new RangeError(`port ${port} is not 0 to 65535`);
    if (this.#closing !== undefined) throw givenUp(options);
    if (this.#ports.has(port)) throw new Error(`port ${port} is open already`);
    if (this.#devices.size >= MAX_DEVICES) throw new UserError('limit', `no more than ${MAX_DEVICES} devices`);
    checkDeviceOptions(options);
    const path = namespacePath(options.namespace);
    const opened = this.#openings.then(() => this.#openDevice(entry, path));
    const entry: Port = { port, options, id: ++this.#lastId, state: 'opening', settle: () => {} };
    this.#ports.set(port, entry);
    this.#devices.set(entry.id, entry);
    this.#openings = opened.catch(() => {});
    return opened;
  }

  #openDevice(entry: Port, path: string): Promise<void> {
    const { id, options } = entry;
    return new Promise((resolve, reject) => {
      entry.settle = (error) => (error === undefined ? resolve() : reject(error));
      if (entry.state === 'closed') {
        this.#devices.delete(id);
        entry.settle(givenUp(options));
      } else {
        const { name, mtu, addresses, routes } = options;
        this.#worker.openDevice(id, name, path, mtu, toPairs(addresses), toPairs(routes));
      }
    });
  }

  closePort(port: number): void {
    const entry = this.#ports.get(port);
    if (entry === undefined) return;
    this.#ports.delete(port);
    if (entry.state === 'open') {
      this.#devices.delete(entry.id);
      this.#worker.removeDevice(entry.id);
    }
    entry.state = 'closed';
  }

  send(packets: readonly OutPacket[]): void {
    if (this.#closing !== undefined) return;
    for (const packet of packets) this.#write(packet);
    if (this.#memory.outRing.publish()) this.#worker.signal();
  }

  #write(packet: OutPacket): void {
    const ring = this.#memory.outRing;
    if (packet.kind === 'underlay') {
      const { address, port } = packet.destination;
      const fits = ring.write(RECORD_KIND.underlay, packet.tos, port, address, packet.header, packet.bytes);
      if (!fits) this.#outRingFull++;
      return;
    }
    const entry = this.#ports.get(packet.port);
    if (entry === undefined) this.#sentToClosedPort++;
    else if (!ring.write(RECORD_KIND.guest, 0, 0, entry.id, packet.bytes)) this.#outRingFull++;
  }

  counters(): IoCounters {
    const native = this.#memory.counters();
    const guestWriteDropped = native.guestWriteDropped + this.#sentToClosedPort;
    return { ...native, guestWriteDropped, outRingFull: this.#outRingFull };
  }

  isMoving(): boolean {
    const rounds = this.#memory.rounds();
    const isMoving = rounds !== this.#roundsSeen;
    this.#roundsSeen = rounds;
    this.#worker.signal();
    return isMoving;
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    this.#ports.clear();
    for (const entry of this.#devices.values()) {
      if (entry.state !== 'open') entry.settle(givenUp(entry.options));
      entry.state = 'closed';
    }
    this.#devices.clear();
    await this.#worker.close();
  }

  /** Called by the worker's wake-up, then until the ring is empty. */
  readonly #drain = (): void => {
    try {
      this.#readBatches();
    } catch (error) {
      this.#events.onFault(error instanceof Error ? error : new Error(String(error)));
    } finally {
      // Without this the worker would never wake us again.
      this.#rearm();
    }
  };

  #rearm(): void {
    if (this.#closing !== undefined) return;
    if (!this.#memory.inRing.trySleep()) setImmediate(this.#drain);
  }

  #readBatches(): void {
    for (let batch = 0; batch < BATCHES_PER_TURN && this.#closing === undefined; batch++) {
      if (!this.#readBatch()) return;
    }
  }

  /** Hands on one batch: up to a report, the end of the ring or the limit. True if more may be read at once. */
  #readBatch(): boolean {
    const batch: InPacket[] = [];
    const ring = this.#memory.inRing;
    let record: RingRecord | undefined;
    let report: RingRecord | undefined;
    for (let count = 0; count < BATCH_RECORDS && report === undefined; count++) {
      record = ring.next();
      if (record === undefined) break;
      if (record.kind > RECORD_KIND.underlay) report = record;
      const packet = this.#toPacket(record);
      if (packet !== undefined) batch.push(packet);
    }
    try {
      if (batch.length > 0) this.#events.onPackets(batch);
    } finally {
      ring.release();
      if (report !== undefined) this.#onReport(report);
    }
    // After a report the event loop turns, so that who awaits `openPort` hears of it before what follows.
    return record !== undefined && report === undefined;
  }

  #toPacket(record: RingRecord): InPacket | undefined {
    const bytes = record.payload;
    if (record.kind === RECORD_KIND.underlay) {
      return { kind: 'underlay', source: { address: record.id, port: record.port }, tos: record.detail, bytes };
    }
    const entry = this.#devices.get(record.id);
    if (record.kind !== RECORD_KIND.guest || entry?.state !== 'open') return undefined;
    return { kind: 'guest', port: entry.port, bytes };
  }

  #onReport(record: RingRecord): void {
    if (record.kind === RECORD_KIND.fault) this.#events.onFault(workerFault(record.detail, record.extra));
    const entry = this.#devices.get(record.id);
    if (entry === undefined) return;
    if (record.kind === RECORD_KIND.opened) this.#onOpened(entry);
    if (record.kind === RECORD_KIND.refused) {
      this.#forget(entry);
      entry.settle(deviceFailure(record.detail, record.extra, entry.options));
    }
    if (record.kind === RECORD_KIND.lost) {
      this.#forget(entry);
      this.#events.onPortLost(entry.port, LOST_CAUSES[record.detail - 1] ?? 'io-error');
    }
  }

  #onOpened(entry: Port): void {
    if (entry.state === 'opening') {
      entry.state = 'open';
      entry.settle();
    } else {
      this.#devices.delete(entry.id);
      this.#worker.removeDevice(entry.id);
      entry.settle(givenUp(entry.options));
    }
  }

  #forget(entry: Port): void {
    this.#devices.delete(entry.id);
    if (this.#ports.get(entry.port) === entry) this.#ports.delete(entry.port);
  }
}

function givenUp(options: DeviceOptions): UserError {
  return new UserError('conflict', `device ${options.name}: its port was closed before it was open`);
}

function toPairs(prefixes: DeviceOptions['addresses']): Uint32Array {
  return Uint32Array.from(prefixes.flatMap(({ address, length }) => [address, length]));
}

function isNativeFailure(error: unknown): error is Error & { readonly step: number; readonly errno: number } {
  return error instanceof Error && 'step' in error && 'errno' in error;
}
