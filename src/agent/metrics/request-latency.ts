import type { RequestObserver } from '../../control/timed-requester.ts';
import type { MetricsRegistry } from '../../metrics/registry.ts';

/** Adds the histogram of requests to the mapping daemon, and returns what it is told by. */
export function requestLatency(registry: MetricsRegistry): RequestObserver {
  return registry.histogram({
    name: 'netweft_agent_control_request_seconds',
    help: 'From asking the mapping daemon to its answer, retransmissions included.',
    label: {
      name: 'request',
      values: ['register', 'heartbeat', 'sync', 'lookup', 'report', 'trace-report', 'trace-state'],
    },
  });
}
