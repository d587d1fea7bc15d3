/** The mapping daemon as a process: its socket, its database and its admin socket around a `Mapper`. */
import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { openAdminServer } from '../admin/server.ts';
import { systemClock } from '../base/clock.ts';
import { type Endpoint, formatEndpoint } from '../base/ipv4.ts';
import type { Logger } from '../base/log.ts';
import { systemRandom } from '../base/random.ts';
import { VERSION } from '../base/version.ts';
import { plainSessionLayer } from '../control/session-layer.ts';
import { EventJournal } from '../events/event-journal.ts';
import { eventRoutes } from '../events/event-routes.ts';
import { journalLogger } from '../events/journal-logger.ts';
import { MetricsRegistry } from '../metrics/registry.ts';
import { serveMetrics } from '../metrics/serve-metrics.ts';
import { openSqliteStore } from '../store/sqlite-store.ts';
import { timedStore } from '../store/timed-store.ts';
import { adminRoutes } from './admin-routes.ts';
import { openControlPort } from './control-port.ts';
import type { MapperLimits } from './limits.ts';
import { traceRoutes } from './trace-routes.ts';
import { Mapper } from './mapper.ts';
import { mapperLatencies } from './metrics/mapper-latencies.ts';
import { addMapperMetrics } from './metrics/mapper-metrics.ts';

export interface MapperDaemonOptions {
  readonly listen: Endpoint;
  /** Path of the admin socket. */
  readonly socket: string;
  /** Path of the SQLite database. */
  readonly database: string;
  /** The database was put back from a copy: agents shall take everything from it, whatever they knew. */
  readonly restored: boolean;
  readonly limits?: MapperLimits;
  /** Where metrics are served, `unix:PATH` or `address:port`; nowhere where nothing is said. */
  readonly metrics?: string | undefined;
  readonly log: Logger;
  /** Takes one line on what the daemon does. */
  readonly tellStatus?: ((text: string) => void) | undefined;
}

export interface RunningMapper {
  /** Where what is said of it becomes an event too. */
  readonly log: Logger;
  stop(): Promise<void>;
  /** See `Mapper.setLimits`. */
  setLimits(limits: MapperLimits): void;
}

/**
 * Runs until it is stopped. Throws UserError: `in-use` when somebody else has the address or the
 * admin socket, `invalid` or `not-permitted` when these or the database cannot be opened.
 */
export async function runMapper(options: MapperDaemonOptions): Promise<RunningMapper> {
  const { listen } = options;
  const journal = new EventJournal({ clock: systemClock, daemon: 'mapper' });
  const log = journalLogger(options.log, journal);
  const registry = options.metrics === undefined ? undefined : new MetricsRegistry();
  const latencies = registry && mapperLatencies(registry);
  const opened: (() => Promise<void>)[] = [];
  const stop = async () => {
    for (const close of opened.splice(0).toReversed()) await close();
  };
  try {
    const control = await openControlPort(listen, log);
    opened.push(() => control.close());
    await makeFolder(options.database);
    const store = await openSqliteStore(options.database, options.restored);
    opened.push(() => store.close());
    const mapper = new Mapper({
      store: latencies === undefined ? store : timedStore(store, systemClock, latencies.transaction),
      observe: latencies,
      clock: systemClock,
      random: systemRandom,
      layer: plainSessionLayer(),
      send: (to, datagram) => control.send(to, datagram),
      log,
      ...(options.limits === undefined ? {} : { limits: options.limits }),
    });
    opened.push(async () => mapper.stop());
    await mapper.start();
    control.receive((from, datagram) => mapper.receive(from, datagram));
    const face = { listen, counters: control.counters };
    const admin = await openAdminServer({
      socket: options.socket,
      log,
      routes: (app, streams) => {
        adminRoutes(app, mapper, face);
        eventRoutes(app, streams, journal);
        traceRoutes(app, streams, mapper);
      },
    });
    opened.push(() => admin.close());
    if (registry !== undefined) {
      addMapperMetrics(registry, mapper, face, journal);
      const metrics = await serveMetrics(options.metrics ?? '', { registry, log });
      opened.push(() => metrics.close());
    }
    log.info('started', {
      version: VERSION,
      listen: formatEndpoint(listen),
      database: options.database,
      socket: options.socket,
      metrics: options.metrics,
    });
    options.tellStatus?.(`serving agents at ${formatEndpoint(listen)}`);
    return {
      log,
      setLimits: (limits) => mapper.setLimits(limits),
      async stop() {
        await stop();
        log.info('stopped');
      },
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** Where the folder cannot be made, opening the database in it fails and says why. */
async function makeFolder(database: string): Promise<void> {
  await mkdir(dirname(database), { recursive: true }).catch(() => undefined);
}
