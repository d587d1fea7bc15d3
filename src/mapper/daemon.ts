/** The mapping daemon as a process: its socket, its database and its admin socket around a `Mapper`. */
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { openAdminServer } from '../admin/server.ts';
import { systemClock } from '../base/clock.ts';
import { UserError } from '../base/errors.ts';
import { type Endpoint, formatAddress, formatEndpoint, parseAddress } from '../base/ipv4.ts';
import type { Logger } from '../base/log.ts';
import { systemRandom } from '../base/random.ts';
import { plainSessionLayer } from '../control/session-layer.ts';
import { openSqliteStore } from '../store/sqlite-store.ts';
import { adminRoutes } from './admin-routes.ts';
import { Mapper } from './mapper.ts';

/** Bytes of the kernel's buffers: what many agents say at once. */
const SOCKET_BUFFER_BYTES = 4 * 1024 * 1024;

export interface MapperDaemonOptions {
  readonly listen: Endpoint;
  /** Path of the admin socket. */
  readonly socket: string;
  /** Path of the SQLite database. */
  readonly database: string;
  readonly log: Logger;
}

export interface RunningMapper {
  stop(): Promise<void>;
}

/**
 * Runs until it is stopped. Throws UserError: `in-use` when somebody else has the address or the
 * admin socket, `invalid` or `not-permitted` when these or the database cannot be opened.
 */
export async function runMapper(options: MapperDaemonOptions): Promise<RunningMapper> {
  const { listen, log } = options;
  const opened: (() => Promise<void>)[] = [];
  const stop = async () => {
    for (const close of opened.splice(0).toReversed()) await close();
  };
  try {
    const udp = await bind(listen);
    opened.push(() => closeSocket(udp));
    const store = await openSqliteStore(options.database);
    opened.push(() => store.close());
    const send = (to: Endpoint, datagram: Uint8Array) =>
      udp.send(datagram, to.port, formatAddress(to.address), () => {});
    const mapper = new Mapper({
      store,
      clock: systemClock,
      random: systemRandom,
      layer: plainSessionLayer(),
      send,
      log,
    });
    opened.push(async () => mapper.stop());
    await mapper.start();
    udp.on('message', (datagram, { address, port }) => {
      mapper.receive({ address: parseAddress(address) ?? 0, port }, datagram);
    });
    const admin = await openAdminServer({
      socket: options.socket,
      log,
      routes: (app) => adminRoutes(app, mapper, listen),
    });
    opened.push(() => admin.close());
    log.info('mapper-started', { listen: formatEndpoint(listen), database: options.database, socket: options.socket });
    return { stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function bind(listen: Endpoint): Promise<Socket> {
  const udp = createSocket('udp4');
  try {
    udp.bind({ address: formatAddress(listen.address), port: listen.port, exclusive: true });
    await once(udp, 'listening');
  } catch (error) {
    udp.close();
    throw bindError(error as NodeJS.ErrnoException, formatEndpoint(listen));
  }
  // A receiver that is gone answers with an ICMP error; its session ends by silence.
  udp.on('error', () => {});
  udp.setRecvBufferSize(SOCKET_BUFFER_BYTES);
  udp.setSendBufferSize(SOCKET_BUFFER_BYTES);
  return udp;
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

async function closeSocket(udp: Socket): Promise<void> {
  const closed = once(udp, 'close');
  udp.close();
  await closed;
}
