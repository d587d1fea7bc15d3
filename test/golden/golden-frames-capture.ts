/** Frames of every framework, and a guest's side of one of them, as a capture of both sides has them. */
import type { CapturedPacketFields } from '../../src/cli/capture/pcapng-writer.ts';
import { buildIcmpEcho, buildIcmpError, buildIpv4, buildTcp, buildUdp } from '../../src/packet/build.ts';
import { PROTOCOL_UDP, TCP_SYN } from '../../src/packet/protocols.ts';
import { MAX_LABEL } from '../../src/wire/header-body.ts';
import { ethernetDatagram, frame, GUEST_A, GUEST_B, timeOf } from './golden-packets.ts';

const PORT_SIDE = 0;
const UNDERLAY_SIDE = 1;
const SNAPPED_BYTES = 76;

interface GoldenFrame {
  readonly framework: string;
  readonly sourceGni?: number;
  readonly destinationGni?: number;
  readonly agreement: number;
  readonly labels?: readonly number[];
  readonly inner: Uint8Array;
  /** Bytes of the datagram, Ethernet header included, that were captured; absent for all. */
  readonly snapped?: number;
}

const between = { source: GUEST_A, destination: GUEST_B };
const ping = buildIcmpEcho({ ...between, id: 7, sequence: 1, payload: Buffer.from('weft') });
const talk = buildUdp({ ...between, sourcePort: 4660, destinationPort: 4661, payload: Buffer.from('weft') });
const opening = buildTcp({ ...between, sourcePort: 40_000, destinationPort: 443, flags: TCP_SYN, sequence: 1 });
const another = buildTcp({ ...between, sourcePort: 40_001, destinationPort: 443, flags: TCP_SYN, sequence: 1 });
const laterFragment = buildIpv4({
  ...between,
  protocol: PROTOCOL_UDP,
  fragmentOffset: 1480,
  payload: new Uint8Array(8),
});
const unreachable = buildIcmpError({ type: 3, code: 3, source: GUEST_B, destination: GUEST_A, quoted: talk });

const FRAMES: readonly GoldenFrame[] = [
  { framework: 'udp/1.0', agreement: 1, inner: ping },
  { framework: 'udp/2.0', agreement: 1, inner: ping },
  { framework: 'udp/2.0', agreement: 7, inner: opening },
  { framework: 'udp/2.0', agreement: 7, labels: [16, MAX_LABEL], inner: talk },
  { framework: 'udp/2.0', agreement: 16_777_215, labels: [0, 1, 2, 3, 4, 5, 6, 7], inner: talk },
  { framework: 'udp-pb/1.0', agreement: 9, inner: another },
  { framework: 'udp-pb/1.0', agreement: 300, labels: [16, 128, MAX_LABEL], inner: talk },
  { framework: 'udp-pb/1.0', sourceGni: 4_294_967_295, agreement: 16_777_215, inner: ping },
  { framework: 'udp/2.0', destinationGni: 2002, agreement: 12, labels: [300], inner: unreachable },
  { framework: 'udp/1.0', agreement: 1, inner: laterFragment },
  { framework: 'udp/2.0', agreement: 1, inner: talk, snapped: SNAPPED_BYTES },
];

export function goldenFrames(): CapturedPacketFields[] {
  const guestSide: CapturedPacketFields = {
    interfaceIndex: PORT_SIDE,
    timeNs: timeOf(0),
    bytes: ping,
    direction: 'inbound',
    comment: 'netweft: send; GNI 1001 -> 1001; agreement 1 udp/1.0; by port/a30 generation c0ffee:17',
  };
  return [guestSide, ...FRAMES.map((golden, index) => underlaySide(golden, index + 1))];
}

function underlaySide(golden: GoldenFrame, index: number): CapturedPacketFields {
  const { framework, sourceGni = 1001, destinationGni = 1001, agreement, labels = [], inner, snapped } = golden;
  const sent = ethernetDatagram(frame(framework, { sourceGni, destinationGni, agreement, labels }, inner));
  return {
    interfaceIndex: UNDERLAY_SIDE,
    timeNs: timeOf(index),
    bytes: snapped === undefined ? sent : sent.subarray(0, snapped),
    originalLength: sent.length,
    direction: 'outbound',
    comment: `netweft: send; GNI ${sourceGni} -> ${destinationGni}; agreement ${agreement} ${framework}; by port/a30 generation c0ffee:17`,
  };
}
