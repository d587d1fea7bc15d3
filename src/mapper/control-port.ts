import { networkInterfaces } from 'node:os';
import { systemClock } from '../base/clock.ts';
import { UserError } from '../base/errors.ts';
import { type Endpoint, endpointNumber, formatEndpoint, parseAddress } from '../base/ipv4.ts';
import type { Logger } from '../base/log.ts';
import { type ControlCounters, type ControlPort, type ControlSocket, openControlSocket } from './control-socket.ts';

/** How often it is looked whether the machine has other addresses, ms. */
const RESCAN_MS = 5000;
/** Addresses that are listened on. */
const MAX_ADDRESSES = 1024;
/** Agents of which it is remembered which address they speak to; the one heard the longest time ago goes first. */
const MAX_WAYS = 65_536;

/** Throws UserError `in-use`, `invalid`, `not-permitted` or `unreachable` where it cannot listen there. */
export async function openControlPort(listen: Endpoint, log: Logger): Promise<ControlPort> {
  if (listen.address !== 0) return openControlSocket(listen);
  const port = new EveryAddress(listen.port, log);
  await port.open();
  return port;
}

/**
 * All addresses of the machine, a socket each: one socket for all of them would answer from the address that the kernel
 * prefers, which need not be the one that was spoken to, and agents do not listen to any other.
 */
class EveryAddress implements ControlPort {
  readonly counters: ControlCounters = { unanswerable: 0, unsent: 0 };
  readonly #port: number;
  readonly #log: Logger;
  readonly #sockets = new Map<number, ControlSocket>();
  /** By agent, the address that it spoke to last. */
  readonly #ways = new Map<number, number>();
  #take: (from: Endpoint, datagram: Uint8Array) => void = () => {};
  #cancelRescan: () => void = () => {};
  #isClosed = false;

  constructor(port: number, log: Logger) {
    this.#port = port;
    this.#log = log;
  }

  /** An address that another program has is a refusal now; one that comes later is told in the log. */
  async open(): Promise<void> {
    try {
      for (const address of localAddresses()) await this.#add(address);
    } catch (error) {
      await this.close();
      throw error;
    }
    this.#rescanLater();
  }

  receive(take: (from: Endpoint, datagram: Uint8Array) => void): void {
    this.#take = take;
  }

  send(to: Endpoint, datagram: Uint8Array): void {
    const address = this.#ways.get(endpointNumber(to));
    const socket = address === undefined ? undefined : this.#sockets.get(address);
    if (socket === undefined) this.counters.unsent++;
    else socket.send(to, datagram);
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#cancelRescan();
    const sockets = [...this.#sockets.values()];
    this.#sockets.clear();
    await Promise.all(sockets.map((socket) => socket.close()));
  }

  async #add(address: number): Promise<void> {
    const socket = await openControlSocket({ address, port: this.#port }, this.counters);
    if (this.#isClosed) return socket.close();
    this.#sockets.set(address, socket);
    socket.receive((from, datagram) => {
      this.#remember(from, address);
      this.#take(from, datagram);
    });
  }

  #remember(agent: Endpoint, address: number): void {
    const number = endpointNumber(agent);
    this.#ways.delete(number);
    const [oldest] = this.#ways.keys();
    if (this.#ways.size >= MAX_WAYS && oldest !== undefined) this.#ways.delete(oldest);
    this.#ways.set(number, address);
  }

  #rescanLater(): void {
    this.#cancelRescan = systemClock.after(RESCAN_MS, () => {
      void this.#rescan().then(() => {
        if (!this.#isClosed) this.#rescanLater();
      });
    });
  }

  async #rescan(): Promise<void> {
    const present = localAddresses();
    for (const [address, socket] of this.#sockets) {
      if (present.has(address)) continue;
      this.#sockets.delete(address);
      await socket.close();
    }
    for (const address of present) if (!this.#sockets.has(address)) await this.#addLater(address);
  }

  async #addLater(address: number): Promise<void> {
    try {
      await this.#add(address);
      this.#log.info('address-added', { listen: formatEndpoint({ address, port: this.#port }) });
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      this.#log.warn('address-refused', { error: error.message, hint: error.hint });
    }
  }
}

/** The IPv4 addresses of this network namespace. */
function localAddresses(): ReadonlySet<number> {
  const all = Object.values(networkInterfaces()).flatMap((addresses) => addresses ?? []);
  const numbers = all.filter(({ family }) => family === 'IPv4').flatMap(({ address }) => parseAddress(address) ?? []);
  return new Set(numbers.slice(0, MAX_ADDRESSES));
}
