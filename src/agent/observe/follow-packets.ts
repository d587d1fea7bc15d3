import type { PacketDocument, PacketFate } from '../../admin/stream-documents.ts';
import type { SendDocument } from '../../admin/stream-server.ts';
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

/** Where a packet was seen, and its bytes there, one part after the other. `port` is its index, on the guest side. */
interface Seen {
  readonly direction: PacketDocument['direction'];
  readonly port?: number;
  /** The other host, on the underlay side. */
  readonly endpoint?: Endpoint;
  readonly parts: readonly Uint8Array[];
}

/** Tells each packet on each side on which it is watched, when its fate is known. Returns what ends it. */
export function followPackets(
  agent: Agent,
  options: FollowPacketsOptions,
  send: SendDocument<PacketDocument>,
): () => void {
  const { ports, underlay, snapLength, wallTime } = options;
  return agent.watchers.add({ ...WATCH_NOTHING, ports, underlay }, (sighting) => {
    let fate: PacketFate | undefined;
    for (const seen of placesOf(sighting)) {
      const { port } = seen;
      if (port === undefined ? !underlay : !ports.has(port)) continue;
      const at = port === undefined ? {} : { at: agent.ports.nameOf(port) };
      send(() => {
        fate ??= fateOf(agent, sighting, wallTime());
        return packetDocument(seen, at, fate, snapLength);
      }, at);
    }
  });
}

function packetDocument(
  { direction, endpoint, parts }: Seen,
  at: { readonly at?: string },
  fate: PacketFate,
  snapLength: number,
): PacketDocument {
  const bytes = Buffer.concat(parts);
  return {
    schema: 'netweft.packet/v1',
    side: endpoint === undefined ? 'guest' : 'underlay',
    ...at,
    direction,
    ...(endpoint === undefined ? {} : { endpoint: formatEndpoint(endpoint) }),
    ...fate,
    length: bytes.length,
    bytes: bytes.subarray(0, snapLength).toString('base64'),
  };
}

/** Where it came from, and where something left for it. */
function placesOf({ arrival, output }: Sighting): Seen[] {
  const places: Seen[] = [];
  if (arrival.kind === 'guest') places.push({ direction: 'in', port: arrival.port, parts: [arrival.bytes] });
  else places.push({ direction: 'in', endpoint: arrival.source, parts: [arrival.header, arrival.bytes] });
  if (output?.kind === 'guest') places.push({ direction: 'out', port: output.port, parts: [output.bytes] });
  if (output?.kind === 'underlay') {
    places.push({ direction: 'out', endpoint: output.destination, parts: [output.header, output.bytes] });
  }
  return places;
}
