/** Seeing single packets: what is watched, and what became of what was seen. */
import { PacketView } from '../packet/packet-view.ts';
import type { Arrival } from '../pipeline/arrival.ts';
import type { FlowAction } from './action.ts';
import type { OutPacket } from './packets.ts';

/** Packets of one flow; an absent field matches any. */
export interface FlowMatch {
  readonly source: number;
  readonly destination: number;
  readonly protocol?: number | undefined;
  readonly sourcePort?: number | undefined;
  readonly destinationPort?: number | undefined;
}

/** Which packets are to be seen. What is not watched costs nothing. */
export interface Watch {
  /** Every packet that is dropped. */
  readonly drops: boolean;
  /** Every packet that these ports, by index, sent or get. */
  readonly ports: ReadonlySet<number>;
  /** Every datagram from or to other hosts. */
  readonly underlay: boolean;
  readonly flows: readonly FlowMatch[];
}

export const WATCH_NOTHING: Watch = { drops: false, ports: new Set(), underlay: false, flows: [] };

/** What became of a packet; `reply` stands for an answer to the guest that sent it. */
export type Verdict = FlowAction | { readonly kind: 'reply'; readonly port: number };

/** One packet that was seen when its fate was known. Bytes are borrowed, as those of the output it came with. */
export interface Sighting {
  /** Of a datagram whose envelope is not one of ours, `header` is all of it. */
  readonly arrival: Arrival;
  readonly verdict: Verdict;
  /** What left for it: nothing, where it was dropped. */
  readonly output: OutPacket | undefined;
}

export function isWatched(watch: Watch, { arrival, verdict }: Sighting): boolean {
  if (watch.drops && verdict.kind === 'drop') return true;
  if (watch.underlay && (arrival.kind === 'underlay' || verdict.kind === 'send')) return true;
  if (arrival.kind === 'guest' && watch.ports.has(arrival.port)) return true;
  if ((verdict.kind === 'deliver' || verdict.kind === 'reply') && watch.ports.has(verdict.port)) return true;
  return watch.flows.length > 0 && matchesOne(watch.flows, arrival.bytes);
}

/** The one watch that sees what any of several wants to see. */
export function unionOf(watches: readonly Watch[]): Watch {
  return {
    drops: watches.some((watch) => watch.drops),
    ports: new Set(watches.flatMap((watch) => [...watch.ports])),
    underlay: watches.some((watch) => watch.underlay),
    flows: watches.flatMap((watch) => watch.flows),
  };
}

function matchesOne(flows: readonly FlowMatch[], bytes: Uint8Array): boolean {
  const packet = new PacketView();
  return packet.parse(bytes) === undefined && flows.some((flow) => matches(flow, packet));
}

function matches(flow: FlowMatch, packet: PacketView): boolean {
  const isAny = (wanted: number | undefined, actual: number) => wanted === undefined || wanted === actual;
  return (
    flow.source === packet.source &&
    flow.destination === packet.destination &&
    isAny(flow.protocol, packet.protocol) &&
    isAny(flow.sourcePort, packet.sourcePort) &&
    isAny(flow.destinationPort, packet.destinationPort)
  );
}
