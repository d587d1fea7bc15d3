import type { PacketDocument } from '../../admin/stream-documents.ts';
import { type Endpoint, formatEndpoint } from '../../base/ipv4.ts';
import { type Sighting, WATCH_NOTHING } from '../../fastpath/watch.ts';
import type { Agent } from '../agent.ts';
import { fateOf } from './fate.ts';

export interface FollowPacketsOptions {
  /** Indexes of the ports to be seen; one whose record is deleted and made anew is another port. */
  readonly ports: ReadonlySet<number>;
  readonly underlay: boolean;
  /** Bytes kept of each packet. */
  readonly snapLength: number;
  /** Wall clock, ns since 1970. */
  wallTime(): bigint;
}

/** Where a packet was seen, and its bytes there. `port` is the index of the port, on the guest side. */
type Place = Pick<PacketDocument, 'direction' | 'endpoint'> & { readonly bytes: Uint8Array; readonly port?: number };

/** Tells each packet on each side on which it is watched, when its fate is known. Returns what ends it. */
export function followPackets(
  agent: Agent,
  options: FollowPacketsOptions,
  send: (document: PacketDocument) => void,
): () => void {
  const { ports, underlay, snapLength, wallTime } = options;
  return agent.watchers.add({ ...WATCH_NOTHING, ports, underlay }, (sighting) => {
    const fate = fateOf(agent, sighting, wallTime());
    for (const { bytes, port, ...place } of placesOf(sighting)) {
      if (port === undefined ? !underlay : !ports.has(port)) continue;
      const kept = Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.length, snapLength));
      send({
        schema: 'netweft.packet/v1',
        ...(port === undefined ? { side: 'underlay' } : { side: 'guest', at: agent.ports.nameOf(port) }),
        ...place,
        ...fate,
        length: bytes.length,
        bytes: kept.toString('base64'),
      });
    }
  });
}

/** Where it came from, and where something left for it. */
function placesOf({ arrival, output }: Sighting): Place[] {
  const places: Place[] = [];
  if (arrival.kind === 'guest') places.push({ direction: 'in', port: arrival.port, bytes: arrival.bytes });
  else places.push({ direction: 'in', ...datagram(arrival.source, arrival.header, arrival.bytes) });
  if (output?.kind === 'guest') places.push({ direction: 'out', port: output.port, bytes: output.bytes });
  if (output?.kind === 'underlay') {
    places.push({ direction: 'out', ...datagram(output.destination, output.header, output.bytes) });
  }
  return places;
}

function datagram(endpoint: Endpoint, header: Uint8Array, bytes: Uint8Array): { endpoint: string; bytes: Uint8Array } {
  return { endpoint: formatEndpoint(endpoint), bytes: Buffer.concat([header, bytes]) };
}
