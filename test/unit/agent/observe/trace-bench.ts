/** An agent that traces flows of a30. */
import type { TraceItem } from '../../../../src/control/trace-messages.ts';
import { openReadyAgent, udpPacket } from '../../../kit/agent-bench.ts';
import { address, GNI_A, header, mappingItem } from '../../../kit/cloud-of-one.ts';

export const TIME = 1_795_000_000_123_456_789n;

export const TO_50: TraceItem = {
  kind: 'trace',
  id: 5,
  gni: GNI_A,
  port: 'a30',
  source: address('10.1.2.30'),
  destination: address('10.1.2.50'),
  protocol: undefined,
  sourcePort: undefined,
  destinationPort: undefined,
  validMs: 10_000,
};
/** What the host that others send to is told. */
export const FROM_50: TraceItem = { ...TO_50, port: undefined, source: TO_50.destination, destination: TO_50.source };

export const guestPacket = udpPacket('10.1.2.30', '10.1.2.50');
export const hostPacket = udpPacket('10.1.2.50', '10.1.2.30');
export const datagram = (gni: number, agreement = 2, packet = hostPacket) =>
  Uint8Array.from([...header('udp/2.0', { sourceGni: gni, destinationGni: gni, agreement, labels: [] }), ...packet]);

/** An agent that traces, after the first moments of the sampler. */
export async function openTracing(...items: TraceItem[]) {
  const opened = await openReadyAgent({ wallTime: () => TIME });
  const { daemon, clock, mappings } = opened;
  mappings.push(mappingItem(GNI_A, '10.1.2.50', 'y', 8));
  daemon.push(1, items);
  await clock.run(100);
  const reports = () => daemon.bodies('trace-report');
  return { ...opened, reports };
}
