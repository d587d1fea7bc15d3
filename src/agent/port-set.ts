/**
 * The ports that this host shall own, and their devices.
 *
 *   item ──► opening ──► up ──► lost ──┐        the device was taken away: made anew
 *               ▲  │                   │
 *               │  └──► failed ────────┤        the device could not be made: tried again
 *               └──────────────────────┘
 *   port-gone, or an item that wants another device: closed from any state
 */
import type { Clock } from '../base/clock.ts';
import { UserError } from '../base/errors.ts';
import type { Logger } from '../base/log.ts';
import type { PortItem, PortState } from '../control/messages.ts';
import type { PortView } from './host-state.ts';
import type { DeviceOptions, LostCause } from './io/packet-io.ts';
import { Departed } from './state/departed.ts';

/** Ports of one host: an index is 16 bits. */
export const MAX_PORTS = 65_536;
/** Before a lost or failed device is made again, ms; doubled with each failure up to the longest. */
const FIRST_RETRY_MS = 100;
const LONGEST_RETRY_MS = 5000;
/** A device that stayed up this long has lived: its next loss starts the delays anew, ms. */
const STEADY_MS = 10_000;

export const DEVICE_STATES = ['opening', 'up', 'lost', 'failed'] as const;
export type DeviceState = (typeof DEVICE_STATES)[number];

export interface OwnedPort {
  readonly index: number;
  item: PortItem;
  state: DeviceState;
  /** Why it is not up, for people. */
  trouble: string | undefined;
  failures: number;
  upSince: number;
  cancelRetry: () => void;
}

export interface PortSetOptions {
  readonly clock: Clock;
  readonly log: Logger;
  openDevice(index: number, options: DeviceOptions): Promise<void>;
  closeDevice(index: number): void;
  /** The port takes part in decisions from now on, as this says, or no longer. */
  attach(port: PortView): void;
  detach(index: number): void;
  report(name: string, revision: number, state: PortState): void;
}

export class PortSet {
  readonly #options: PortSetOptions;
  readonly #ports = new Map<string, OwnedPort>();
  readonly #byIndex = new Map<number, OwnedPort>();
  readonly #departed = new Departed<string>();
  #nextIndex = 0;

  constructor(options: PortSetOptions) {
    this.#options = options;
  }

  all(): OwnedPort[] {
    return [...this.#ports.values()];
  }

  byName(name: string): OwnedPort | undefined {
    return this.#ports.get(name);
  }

  byIndex(index: number): OwnedPort | undefined {
    return this.#byIndex.get(index);
  }

  /** For people: a port that is gone still has its number. */
  nameOf(index: number): string {
    return this.byIndex(index)?.item.name ?? `port ${index}`;
  }

  /** After a complete sync: what it did not name is gone. */
  keepOnly(names: ReadonlySet<string>): void {
    for (const [name, port] of this.#ports) if (!names.has(name)) this.#remove(port, port.item.revision);
  }

  set(item: PortItem): void {
    const port = this.#ports.get(item.name);
    if (port !== undefined && port.item.revision > item.revision) return;
    if (this.#departed.isOlder(item.name, item.revision)) return;
    if (port !== undefined && isSameDevice(port.item, item)) return this.#keepDevice(port, item);
    if (port !== undefined) this.#close(port);
    const index = this.#freeIndex();
    if (index === undefined) {
      this.#options.log.error('port-limit', { port: item.name, limit: MAX_PORTS });
      return;
    }
    const fresh: OwnedPort = {
      index,
      item,
      state: 'opening',
      trouble: undefined,
      failures: 0,
      upSince: 0,
      cancelRetry: () => {},
    };
    this.#ports.set(item.name, fresh);
    this.#byIndex.set(index, fresh);
    this.#open(fresh);
  }

  /** The daemon said at a revision that the port is not this host's. */
  depart(name: string, revision: number): void {
    const port = this.#ports.get(name);
    if (port !== undefined && port.item.revision > revision) return;
    this.#departed.remember(name, revision);
    if (port !== undefined) this.#remove(port, revision);
  }

  /** Another incarnation of the store: whatever it says replaces what is known. */
  forgetRevisions(): void {
    this.#departed.clear();
    for (const port of this.#ports.values()) port.item = { ...port.item, revision: 0 };
  }

  /** Tells a daemon that may have forgotten it what is up. */
  reportAll(): void {
    for (const port of this.#ports.values()) {
      if (port.state === 'up') this.#options.report(port.item.name, port.item.revision, 'up');
    }
  }

  lost(index: number, cause: LostCause): void {
    const port = this.#byIndex.get(index);
    if (port?.state !== 'up') return;
    this.#options.detach(index);
    if (this.#options.clock.now() - port.upSince >= STEADY_MS) port.failures = 0;
    this.#options.log.warn('port-lost', { port: port.item.name, device: port.item.device, cause });
    this.#options.report(port.item.name, port.item.revision, 'lost');
    this.#retry(port, 'lost', `its device was taken away: ${cause}`);
  }

  closeAll(): void {
    for (const port of this.#ports.values()) this.#close(port);
  }

  #remove(port: OwnedPort, revision: number): void {
    const { name } = port.item;
    this.#close(port);
    this.#options.log.info('port-removed', { port: name });
    this.#options.report(name, revision, 'removed');
  }

  #keepDevice(port: OwnedPort, item: PortItem): void {
    const isChanged = port.item.revision !== item.revision;
    port.item = item;
    if (port.state === 'up' && isChanged) this.#attach(port);
  }

  #open(port: OwnedPort): void {
    port.state = 'opening';
    this.#options.openDevice(port.index, deviceOptions(port.item)).then(
      () => this.#opened(port),
      (error: unknown) => this.#failed(port, error),
    );
  }

  #opened(port: OwnedPort): void {
    if (!this.#isCurrent(port)) return this.#options.closeDevice(port.index);
    port.state = 'up';
    port.trouble = undefined;
    port.upSince = this.#options.clock.now();
    this.#options.log.info('port-up', { port: port.item.name, device: port.item.device, index: port.index });
    this.#attach(port);
  }

  #failed(port: OwnedPort, error: unknown): void {
    if (!(error instanceof UserError)) throw error;
    if (!this.#isCurrent(port)) return;
    const { name, device } = port.item;
    this.#options.log.warn('port-trouble', { port: name, device, error: error.message, hint: error.hint });
    // The cloud may believe it up still, from before this agent started.
    if (port.failures === 0) this.#options.report(name, port.item.revision, 'lost');
    this.#retry(port, 'failed', error.message);
  }

  #attach(port: OwnedPort): void {
    const { name, addresses, gni, network, mtu, labels, revision } = port.item;
    const view = { gni, name: network, mtu, labels };
    this.#options.attach({ index: port.index, name, addresses: new Set(addresses), network: view, revision });
    this.#options.report(name, revision, 'up');
  }

  #retry(port: OwnedPort, state: 'lost' | 'failed', trouble: string): void {
    const delay = Math.min(LONGEST_RETRY_MS, FIRST_RETRY_MS * 2 ** port.failures);
    port.state = state;
    port.trouble = trouble;
    port.failures++;
    port.cancelRetry = this.#options.clock.after(delay, () => this.#open(port));
  }

  #close(port: OwnedPort): void {
    port.cancelRetry();
    this.#ports.delete(port.item.name);
    this.#byIndex.delete(port.index);
    if (port.state === 'up') this.#options.detach(port.index);
    this.#options.closeDevice(port.index);
  }

  #isCurrent(port: OwnedPort): boolean {
    return this.#byIndex.get(port.index) === port;
  }

  /** Indices go round, so that what is on its way for a port that went does not reach its successor. */
  #freeIndex(): number | undefined {
    for (let tried = 0; tried < MAX_PORTS; tried++) {
      const index = this.#nextIndex;
      this.#nextIndex = (this.#nextIndex + 1) % MAX_PORTS;
      if (!this.#byIndex.has(index)) return index;
    }
    return undefined;
  }
}

function deviceOptions(item: PortItem): DeviceOptions {
  const { device, namespace, mtu, subnet } = item;
  const addresses = item.addresses.map((address) => ({ address, length: subnet.length }));
  return { name: device, namespace, mtu, addresses, routes: [] };
}

function isSameDevice(a: PortItem, b: PortItem): boolean {
  return JSON.stringify(deviceOptions(a)) === JSON.stringify(deviceOptions(b));
}
