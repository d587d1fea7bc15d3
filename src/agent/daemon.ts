import { randomBytes } from 'node:crypto';
import { createSocket, type Socket } from 'node:dgram';
import { openAdminServer } from '../admin/server.ts';
import { systemClock } from '../base/clock.ts';
import { UserError } from '../base/errors.ts';
import { type Endpoint, formatAddress, formatEndpoint } from '../base/ipv4.ts';
import type { Logger } from '../base/log.ts';
import { systemRandom } from '../base/random.ts';
import { VERSION } from '../base/version.ts';
import { plainSessionLayer } from '../control/session-layer.ts';
import { EventJournal } from '../events/event-journal.ts';
import { journalLogger } from '../events/journal-logger.ts';
import { ReferenceFastPath } from '../fastpath/reference/reference-fast-path.ts';
import { MetricsRegistry } from '../metrics/registry.ts';
import { serveMetrics } from '../metrics/serve-metrics.ts';
import { FRAMEWORK_NAMES, frameworkByName } from '../wire/frameworks.ts';
import { agentRoutes } from './admin-routes.ts';
import { Agent, type AgentSettings } from './agent.ts';
import { openNativePacketIo } from './io/native-packet-io.ts';
import { warnOfRedirects } from './io/redirects.ts';
import { addAgentMetrics } from './metrics/agent-metrics.ts';
import { requestLatency } from './metrics/request-latency.ts';
import { followServiceStatus } from './service-status.ts';
import type { SlowPathRates } from './slow-path.ts';

/** What one guest may take from the others; the table of flows is as large as this for good. */
export interface AgentLimits extends SlowPathRates {
  /** Flows in all. */
  readonly flows: number;
  /** Flows of one port, or of one ingress context. */
  readonly flowsPerPort: number;
}

export interface RunAgentOptions {
  readonly host: string;
  /** Where this host receives; must be the `underlay` of its record. */
  readonly underlay: Endpoint;
  readonly mapper: Endpoint;
  /** Path of the admin socket. */
  readonly socket: string;
  readonly fastPath: 'reference';
  /** Framework versions to offer, best first. */
  readonly frameworks: readonly string[];
  readonly limits: AgentLimits;
  /** Where metrics are served, `unix:PATH` or `address:port`; nowhere where nothing is said. */
  readonly metrics?: string | undefined;
  readonly log: Logger;
  /** Takes one line on what the agent does, whenever that changes. */
  readonly tellStatus?: ((text: string) => void) | undefined;
}

export interface RunningAgent {
  /** Where what is said of it becomes an event too. */
  readonly log: Logger;
  stop(): Promise<void>;
  /** False where the packet worker has not moved between two calls; see `PacketIo.isMoving`. */
  isHealthy(): boolean;
  /** Takes other settings from now on. Throws UserError, and changes nothing, for an unknown framework. */
  reconfigure(settings: AgentSettings): void;
}

/**
 * Runs a host agent until `stop`. Throws UserError where it cannot start: an address that is not of
 * this machine or taken, no privileges, an unknown framework, a socket in use.
 */
export async function runAgent(options: RunAgentOptions): Promise<RunningAgent> {
  const { frameworks, limits, mapper, underlay } = options;
  requireKnown(frameworks);
  const control = await openControlSocket(underlay);
  const startedAt = systemClock.now();
  const journal = new EventJournal({ clock: systemClock, daemon: 'agent', host: options.host });
  const log = journalLogger(options.log, journal);
  const registry = options.metrics === undefined ? undefined : new MetricsRegistry();
  const agent = new Agent({
    host: options.host,
    boot: randomBytes(8).toString('hex'),
    version: VERSION,
    frameworks,
    mapper,
    clock: systemClock,
    random: systemRandom,
    layer: plainSessionLayer(),
    log,
    fastPath: new ReferenceFastPath({
      capacity: limits.flows,
      quota: limits.flowsPerPort,
      seed: systemRandom.uint32(),
    }),
    sendControl: (datagram) => control.send(datagram, mapper.port, formatAddress(mapper.address), () => {}),
    openIo: (events) => openNativePacketIo({ underlay }, events),
    onFault: (error) => endWith(error, log),
    observeRequest: registry && requestLatency(registry),
  });
  if (registry !== undefined) addAgentMetrics(registry, agent, journal);
  agent.slowPath.setRates(limits);
  control.on('message', (datagram, from) => {
    const isMapper = from.port === mapper.port && from.address === formatAddress(mapper.address);
    if (isMapper) agent.receiveControl(datagram);
    else agent.session.counters.strangers++;
  });
  const opened: (() => unknown)[] = [() => control.close(), () => agent.stop()];
  const stop = async () => {
    for (const close of opened.splice(0).toReversed()) await close();
  };
  try {
    const routes = agentRoutes(agent, startedAt, journal);
    const admin = await openAdminServer({ socket: options.socket, log, routes });
    opened.push(() => admin.close());
    if (registry !== undefined) {
      const metrics = await serveMetrics(options.metrics ?? '', { registry, log });
      opened.push(() => metrics.close());
    }
    await agent.start();
    log.info('started', {
      version: VERSION,
      host: options.host,
      underlay: formatEndpoint(underlay),
      mapper: formatEndpoint(mapper),
      metrics: options.metrics,
    });
    warnOfRedirects(underlay.address, log);
    const { tellStatus } = options;
    if (tellStatus !== undefined) opened.push(followServiceStatus(agent, systemClock, tellStatus));
    return {
      log,
      isHealthy: () => agent.io?.isMoving() ?? true,
      reconfigure(settings) {
        requireKnown(settings.frameworks);
        agent.reconfigure(settings);
      },
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

/** A fault of our own ends the process; what the kernel holds for it goes with it. */
function endWith(error: Error, log: Logger): void {
  log.error('fault', { error });
  setImmediate(() => {
    throw error;
  });
}

function requireKnown(frameworks: readonly string[]): void {
  const unknown = frameworks.find((name) => frameworkByName(name) === undefined);
  if (unknown === undefined && frameworks.length > 0) return;
  throw new UserError(
    'unsupported',
    unknown === undefined ? 'no framework is offered' : `this agent does not speak ${unknown}`,
    `it speaks ${FRAMEWORK_NAMES.join(', ')}`,
  );
}

/** The control socket stands on the host's own underlay address. A failed send is a lost datagram. */
function openControlSocket(underlay: Endpoint): Promise<Socket> {
  const socket = createSocket({ type: 'udp4' });
  const address = formatAddress(underlay.address);
  return new Promise((resolve, reject) => {
    socket.once('error', (error: NodeJS.ErrnoException) => {
      socket.close();
      reject(
        new UserError(
          'invalid',
          `cannot bind to the underlay address ${address}: ${error.code}`,
          'give an address of this machine (or namespace) with --underlay',
        ),
      );
    });
    socket.bind(0, address, () => {
      socket.removeAllListeners('error');
      socket.on('error', () => {});
      resolve(socket);
    });
  });
}
