import type { MetricsRegistry, Sample } from '../../metrics/registry.ts';
import type { Agent } from '../agent.ts';
import type { IoCounters } from '../io/packet-io.ts';

/** Where the worker, a device or the kernel could not take a packet. */
const LOSSES = {
  'out-ring-full': 'outRingFull',
  'guest-write': 'guestWriteDropped',
  'underlay-send': 'underlaySendDropped',
  'underlay-too-long': 'underlayTooLong',
  'socket-overflow': 'socketOverflow',
} as const satisfies Record<string, keyof IoCounters>;

/** The two ends of the dataplane, and the pressure on the queues between them. No values while it is not open. */
export function addIoMetrics(registry: MetricsRegistry, agent: Agent): void {
  const read = (name: keyof IoCounters) => agent.io?.counters()[name];
  const labels = ['direction'];
  const bothWays = (inName: keyof IoCounters, outName: keyof IoCounters) => () => {
    const counters = agent.io?.counters();
    return counters === undefined ? undefined : directions(counters[inName], counters[outName]);
  };

  registry.counter(
    { name: 'netweft_agent_guest_packets_total', help: 'Packets read from (`in`) and written to devices.', labels },
    bothWays('guestPacketsIn', 'guestPacketsOut'),
  );
  registry.counter(
    { name: 'netweft_agent_guest_bytes_total', help: 'Bytes of the same.', labels },
    bothWays('guestBytesIn', 'guestBytesOut'),
  );
  registry.counter(
    {
      name: 'netweft_agent_underlay_packets_total',
      help: 'Datagrams read from (`in`) and sent to other hosts.',
      labels,
    },
    bothWays('underlayPacketsIn', 'underlayPacketsOut'),
  );
  registry.counter(
    {
      name: 'netweft_agent_underlay_bytes_total',
      help: 'Bytes of the same, without outer IP and UDP headers.',
      labels,
    },
    bothWays('underlayBytesIn', 'underlayBytesOut'),
  );
  registry.counter(
    {
      name: 'netweft_agent_io_drops_total',
      help: 'Packets that a full ring, a device or the kernel did not take; no drop reason counts them.',
      labels: ['cause'],
    },
    () => {
      const counters = agent.io?.counters();
      return counters && Object.entries(LOSSES).map(([cause, name]): Sample => [{ cause }, counters[name]]);
    },
  );
  registry.counter(
    { name: 'netweft_agent_in_ring_full_total', help: 'Rounds in which a device or the socket was left unread.' },
    () => read('inRingFull'),
  );
  registry.counter({ name: 'netweft_agent_wakeups_total', help: 'Wake-ups of the agent by its worker.' }, () =>
    read('wakeups'),
  );
}

function directions(inward: number, outward: number): Sample[] {
  return [
    [{ direction: 'in' }, inward],
    [{ direction: 'out' }, outward],
  ];
}
