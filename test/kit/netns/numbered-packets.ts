/** Packets of every sort, each with a number at its end by which it is known again. */
import { parseAddress } from '../../../src/base/ipv4.ts';
import { buildIcmpEcho, buildIpv4, buildTcp, buildUdp } from '../../../src/packet/build.ts';
import { DEFAULT_CONTROL_PORT, DEFAULT_UNDERLAY_PORT } from '../../../src/model/records.ts';
import { udp20 } from '../../../src/wire/udp-2-0.ts';
import { encodeHeader } from '../../../src/wire/header.ts';

const MARK = Buffer.from('numbered');
const TCP_SYN = 0x02;
/** No operation, four times: the plainest IP options. */
const OPTIONS = Uint8Array.of(1, 1, 1, 1);
const UNKNOWN_PROTOCOL = 253;

export interface Addressed {
  readonly source: string;
  readonly destination: string;
}

interface Fields {
  readonly source: number;
  readonly destination: number;
  /** Never 0, so that the kernel leaves it alone. */
  readonly identification: number;
}

type Build = (fields: Fields, payload: Buffer) => Uint8Array;

const udp = (destinationPort: number): Build => {
  return (fields, payload) => buildUdp({ ...fields, sourcePort: 4000, destinationPort, payload });
};

/** A datagram that a guest means for a host's data port: another guest's packet in an envelope. */
const envelope: Build = (fields, payload) => {
  const header = encodeHeader(udp20, { sourceGni: 2002, destinationGni: 2002, agreement: 1, labels: [] });
  const inner = buildUdp({
    source: parseAddress('10.1.2.50') ?? 0,
    destination: parseAddress('10.1.2.30') ?? 0,
    sourcePort: 4000,
    destinationPort: 5000,
  });
  const wrapped = Buffer.concat([header, inner, payload]);
  const sourcePort = DEFAULT_UNDERLAY_PORT;
  return buildUdp({ ...fields, sourcePort, destinationPort: DEFAULT_UNDERLAY_PORT, payload: wrapped });
};

/** Every sort of packet, by name. */
export const SORTS: Readonly<Record<string, Build>> = {
  tcp: (fields, payload) => buildTcp({ ...fields, sourcePort: 4000, destinationPort: 5000, flags: TCP_SYN, payload }),
  udp: udp(5000),
  'udp to the control port': udp(DEFAULT_CONTROL_PORT),
  'udp with an envelope': envelope,
  icmp: (fields, payload) => buildIcmpEcho({ ...fields, id: 7, sequence: 1, payload }),
  'first fragment': (fields, payload) => {
    const whole = buildUdp({ ...fields, sourcePort: 4000, destinationPort: 5000, payload });
    return buildIpv4({ ...fields, protocol: 17, moreFragments: true, payload: whole.subarray(20) });
  },
  'later fragment': (fields, payload) => buildIpv4({ ...fields, protocol: 17, fragmentOffset: 64, payload }),
  'ip options': (fields, payload) =>
    buildUdp({ ...fields, options: OPTIONS, sourcePort: 4000, destinationPort: 5000, payload }),
  'unknown protocol': (fields, payload) => buildIpv4({ ...fields, protocol: UNKNOWN_PROTOCOL, payload }),
};

export function numberedPacket(sort: string, { source, destination }: Addressed, number: number): Uint8Array {
  const payload = Buffer.alloc(MARK.length + 8);
  MARK.copy(payload);
  payload.writeUInt32BE(number, payload.length - 4);
  const fields = {
    source: numberOf(source),
    destination: numberOf(destination),
    identification: 1 + (number % 65_000),
  };
  const build = SORTS[sort];
  if (build === undefined) throw new Error(`no such sort of packet: ${sort}`);
  return build(fields, payload);
}

/** The number at the end of a packet, or of whatever carries the packet; undefined for packets of others. */
export function packetNumber(bytes: Buffer): number | undefined {
  const mark = bytes.length - MARK.length - 8;
  if (mark < 0 || !bytes.subarray(mark, mark + MARK.length).equals(MARK)) return undefined;
  return bytes.readUInt32BE(bytes.length - 4);
}

function numberOf(address: string): number {
  const number = parseAddress(address);
  if (number === undefined) throw new Error(`no address: ${address}`);
  return number;
}
