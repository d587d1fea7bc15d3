import type { DeviceOptions, IoCounters, IoEvents, LostCause, PacketIo } from '../../../src/agent/io/packet-io.ts';
import type { Clock } from '../../../src/base/clock.ts';
import { UserError } from '../../../src/base/errors.ts';
import type { Endpoint } from '../../../src/base/ipv4.ts';
import type { OutPacket } from '../../../src/fastpath/packets.ts';
import type { LossyNetwork } from './lossy-network.ts';

/** Time that making a device takes, ms. */
const OPEN_MS = 2;

/** A packet that reached a guest's device. */
export type Delivered = (device: DeviceOptions, bytes: Uint8Array) => void;

/**
 * The two ends of a simulated host: devices are entries of `taken`, shared by the hosts of a machine,
 * and datagrams go through the simulated network.
 */
export class SimulatedPacketIo implements PacketIo {
  readonly underlay: Endpoint;
  readonly #events: IoEvents;
  readonly #network: LossyNetwork;
  readonly #clock: Clock;
  readonly #taken: Set<string>;
  readonly #delivered: Delivered;
  readonly #devices = new Map<number, DeviceOptions>();
  readonly #leave: () => void;
  #isClosed = false;

  constructor(options: {
    underlay: Endpoint;
    events: IoEvents;
    network: LossyNetwork;
    clock: Clock;
    taken: Set<string>;
    delivered: Delivered;
  }) {
    this.underlay = options.underlay;
    this.#events = options.events;
    this.#network = options.network;
    this.#clock = options.clock;
    this.#taken = options.taken;
    this.#delivered = options.delivered;
    this.#leave = options.network.join(options.underlay, (source, bytes, tos) =>
      this.#events.onPackets([{ kind: 'underlay', source, tos, bytes }]),
    );
  }

  async openPort(port: number, options: DeviceOptions): Promise<void> {
    const name = deviceName(options);
    await new Promise<void>((resolve) => this.#clock.after(OPEN_MS, resolve));
    if (this.#isClosed) throw new UserError('in-use', 'closed meanwhile');
    if (this.#taken.has(name)) throw new UserError('in-use', `${name} is taken`);
    this.#taken.add(name);
    this.#devices.set(port, options);
  }

  closePort(port: number): void {
    const device = this.#devices.get(port);
    if (device === undefined) return;
    this.#devices.delete(port);
    this.#taken.delete(deviceName(device));
  }

  send(packets: readonly OutPacket[]): void {
    for (const packet of packets) {
      if (packet.kind === 'underlay') {
        const datagram = Uint8Array.from([...packet.header, ...packet.bytes]);
        this.#network.send(this.underlay, packet.destination, datagram, packet.tos);
        continue;
      }
      const device = this.#devices.get(packet.port);
      if (device !== undefined) this.#delivered(device, packet.bytes.slice());
    }
  }

  /** What the guest with this device does. */
  guestSends(name: string, bytes: Uint8Array): boolean {
    const port = this.#portOf(name);
    if (port === undefined) return false;
    this.#events.onPackets([{ kind: 'guest', port, bytes }]);
    return true;
  }

  takeAway(name: string, cause: LostCause): void {
    const port = this.#portOf(name);
    if (port === undefined) return;
    this.closePort(port);
    this.#events.onPortLost(port, cause);
  }

  counters(): IoCounters {
    throw new Error('a simulated host has no counters');
  }

  isMoving(): boolean {
    return true;
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    for (const port of this.#devices.keys()) this.closePort(port);
    this.#leave();
  }

  #portOf(name: string): number | undefined {
    return [...this.#devices].find(([, device]) => deviceName(device) === name)?.[0];
  }
}

export function deviceName(device: Pick<DeviceOptions, 'name' | 'namespace'>): string {
  return `${device.namespace ?? ''}/${device.name}`;
}
