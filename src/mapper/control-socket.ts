import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { UserError } from '../base/errors.ts';
import { type Endpoint, formatAddress, formatEndpoint, isInPrefix, parseAddress, type Prefix } from '../base/ipv4.ts';

/** Bytes of the kernel's buffers: what many agents say at once. */
const SOCKET_BUFFER_BYTES = 4 * 1024 * 1024;
/** No host speaks from here: "this network" (RFC 1122 section 3.2.1.3), multicast and what is above it. */
const NO_SOURCES: readonly Prefix[] = [
  { address: 0, length: 8 },
  { address: 0xe0000000, length: 3 },
];

/** Where agents speak to the daemon. Whatever arrives, and from wherever, nothing is thrown. */
export interface ControlPort {
  readonly counters: ControlCounters;
  /** Once, before anything is sent. */
  receive(take: (from: Endpoint, datagram: Uint8Array) => void): void;
  send(to: Endpoint, datagram: Uint8Array): void;
  close(): Promise<void>;
}

export interface ControlCounters {
  /** Datagrams whose source cannot be answered. */
  unanswerable: number;
  /** Answers that the kernel did not take. */
  unsent: number;
}

/** One UDP socket. */
export class ControlSocket implements ControlPort {
  readonly counters: ControlCounters;
  readonly #udp: Socket;

  /** Takes over a socket that is bound; `counters` may be those of several. */
  constructor(udp: Socket, counters: ControlCounters = { unanswerable: 0, unsent: 0 }) {
    this.#udp = udp;
    this.counters = counters;
    // A receiver that is gone answers with an ICMP error; its session ends by silence.
    udp.on('error', () => {});
  }

  receive(take: (from: Endpoint, datagram: Uint8Array) => void): void {
    this.#udp.on('message', (datagram, { address: text, port }) => {
      const address = parseAddress(text);
      if (address !== undefined && isAnswerable({ address, port })) take({ address, port }, datagram);
      else this.counters.unanswerable++;
    });
  }

  send(to: Endpoint, datagram: Uint8Array): void {
    try {
      this.#udp.send(datagram, to.port, formatAddress(to.address), (error) => {
        if (error !== null) this.counters.unsent++;
      });
    } catch {
      // Node refuses some destinations itself, and every one once the socket is closed.
      this.counters.unsent++;
    }
  }

  async close(): Promise<void> {
    const closed = once(this.#udp, 'close');
    this.#udp.close();
    await closed;
  }
}

/** Throws UserError `in-use`, `invalid`, `not-permitted` or `unreachable` where it cannot listen there. */
export async function openControlSocket(listen: Endpoint, counters?: ControlCounters): Promise<ControlSocket> {
  const udp = createSocket('udp4');
  try {
    udp.bind({ address: formatAddress(listen.address), port: listen.port, exclusive: true });
    await once(udp, 'listening');
  } catch (error) {
    udp.close();
    throw bindError(error as NodeJS.ErrnoException, formatEndpoint(listen));
  }
  udp.setRecvBufferSize(SOCKET_BUFFER_BYTES);
  udp.setSendBufferSize(SOCKET_BUFFER_BYTES);
  return new ControlSocket(udp, counters);
}

function isAnswerable({ address, port }: Endpoint): boolean {
  return port !== 0 && !NO_SOURCES.some((prefix) => isInPrefix(address, prefix));
}

function bindError(error: NodeJS.ErrnoException, listen: string): UserError {
  switch (error.code) {
    case 'EADDRINUSE':
      return new UserError('in-use', `another program listens on ${listen}`, 'stop it, or choose another --listen');
    case 'EADDRNOTAVAIL':
      return new UserError('invalid', `this machine does not have the address of ${listen}`, 'correct --listen');
    case 'EACCES':
      return new UserError(
        'not-permitted',
        `not allowed to listen on ${listen}`,
        'choose a port above 1023, or run as root',
      );
    default:
      return new UserError(
        'unreachable',
        `cannot listen on ${listen}: ${error.code ?? error.message}`,
        'correct --listen',
      );
  }
}
