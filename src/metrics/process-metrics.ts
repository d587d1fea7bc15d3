import { readdirSync } from 'node:fs';
import { monitorEventLoopDelay, performance } from 'node:perf_hooks';
import type { MetricsRegistry } from './registry.ts';

/** How often the event loop is looked at, ms: rarely enough that an idle process stays idle. */
const LOOP_SAMPLE_MS = 100;

/** Memory, time and event loop of this process, under the names that Prometheus and Node dashboards know. Returns what ends it. */
export function addProcessMetrics(registry: MetricsRegistry): () => void {
  addResources(registry);
  return addEventLoop(registry);
}

function addResources(registry: MetricsRegistry): void {
  const startedAt = Date.now() / 1000 - process.uptime();
  const total = () => {
    const { user, system } = process.cpuUsage();
    return (user + system) / 1e6;
  };
  registry.counter({ name: 'process_cpu_seconds_total', help: 'Processor time, of all threads.' }, total);
  registry.gauge({ name: 'process_start_time_seconds', help: 'When the process started, Unix time.' }, () => startedAt);
  registry.gauge({ name: 'process_resident_memory_bytes', help: 'Memory in use, of all threads.' }, () =>
    process.memoryUsage.rss(),
  );
  registry.gauge({ name: 'process_open_fds', help: 'Open files, sockets and devices.' }, openFiles);
  registry.gauge(
    { name: 'nodejs_heap_size_used_bytes', help: 'JavaScript heap in use.' },
    () => process.memoryUsage().heapUsed,
  );
  registry.gauge(
    { name: 'nodejs_external_memory_bytes', help: 'Buffers beside the JavaScript heap.' },
    () => process.memoryUsage().external,
  );
}

/** Delays are those since the last time that somebody asked. */
function addEventLoop(registry: MetricsRegistry): () => void {
  const delay = monitorEventLoopDelay({ resolution: LOOP_SAMPLE_MS });
  delay.enable();
  const reading = (percentile: number) => Math.max(0, delay.percentile(percentile) / 1e9 - LOOP_SAMPLE_MS / 1e3);
  const since = 'since the metrics were last read';
  registry.gauge({ name: 'nodejs_eventloop_lag_p50_seconds', help: `Median delay of the event loop ${since}.` }, () =>
    reading(50),
  );
  registry.gauge({ name: 'nodejs_eventloop_lag_p99_seconds', help: `99th percentile of the same.` }, () => reading(99));
  registry.gauge(
    { name: 'nodejs_eventloop_lag_max_seconds', help: `Longest delay of the event loop ${since}.` },
    () => {
      const longest = reading(100);
      delay.reset();
      return longest;
    },
  );
  const active = () => performance.eventLoopUtilization().active / 1000;
  registry.counter(
    { name: 'nodejs_eventloop_active_seconds_total', help: 'Time that the event loop was busy.' },
    active,
  );
  return () => delay.disable();
}

/** Without the one that lists them. */
function openFiles(): number {
  return readdirSync('/proc/self/fd').length - 1;
}
