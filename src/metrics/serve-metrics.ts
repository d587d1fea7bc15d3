import { UserError } from '../base/errors.ts';
import { METRICS_LISTEN_RULE, parseMetricsListen } from './metrics-listen.ts';
import { type MetricsServer, type MetricsServerOptions, openMetricsServer } from './metrics-server.ts';
import { addProcessMetrics } from './process-metrics.ts';

/**
 * Serves a daemon's metrics, and those of its process, at `listen`, see METRICS_LISTEN_RULE. Throws
 * UserError where that cannot be.
 */
export async function serveMetrics(
  listen: string,
  options: Omit<MetricsServerOptions, 'listen'>,
): Promise<MetricsServer> {
  const parsed = parseMetricsListen(listen);
  if (parsed === undefined) {
    throw new UserError('invalid', `metrics cannot be served at ${listen}`, `give ${METRICS_LISTEN_RULE}`);
  }
  const server = await openMetricsServer({ ...options, listen: parsed });
  const endProcessMetrics = addProcessMetrics(options.registry);
  return {
    async close() {
      endProcessMetrics();
      await server.close();
    },
  };
}
