/** Datagrams of the data plane as anybody can make them: what they claim, and who they claim to be of. */
import type { AgreementEntry } from '../../../src/admin/documents.ts';
import { formatEndpoint, parseEndpoint } from '../../../src/base/ipv4.ts';
import { DEFAULT_UNDERLAY_PORT } from '../../../src/model/records.ts';
import { frameworkByName } from '../../../src/wire/frameworks.ts';
import { encodeHeader } from '../../../src/wire/header.ts';
import { numberedPacket } from './numbered-packets.ts';
import type { ForgedDatagram } from './outsider.ts';

export interface Claim {
  /** `address:port` of the outer header, and the host's address that it goes to. */
  readonly from: string;
  readonly to: string;
  readonly framework: string;
  readonly agreement: number;
  readonly gnis: readonly [source: number, destination: number];
  readonly labels: readonly number[];
  /** Addresses of the guest packet. */
  readonly source: string;
  readonly destination: string;
  /** By which the guest packet is known again. */
  readonly number: number;
}

/** The guest packet of a claim. */
export function innerOf({ source, destination, number }: Claim): Uint8Array {
  return numberedPacket('udp', { source, destination }, number);
}

/** Header and guest packet: what the UDP datagram carries. */
export function payloadOf(claim: Claim, inner: Uint8Array = innerOf(claim)): Buffer {
  const framework = frameworkByName(claim.framework);
  if (framework === undefined) throw new Error(`no framework ${claim.framework}`);
  const [sourceGni, destinationGni] = claim.gnis;
  const { agreement, labels } = claim;
  return Buffer.concat([encodeHeader(framework, { sourceGni, destinationGni, agreement, labels }), inner]);
}

export function datagramOf(claim: Claim, payload: Uint8Array = payloadOf(claim)): ForgedDatagram {
  const { address: destination } = endpointOf(claim.to);
  const { address: source, port: sourcePort } = endpointOf(claim.from);
  const ports = { sourcePort, destinationPort: DEFAULT_UNDERLAY_PORT };
  return { source, destination, ...ports, payload: Buffer.from(payload).toString('hex') };
}

/** The agreement of one direction that is in use. */
export function agreementOf(agreements: readonly AgreementEntry[], sender: string, receiver: string): AgreementEntry {
  const found = agreements.findLast((one) => one.sender === sender && one.receiver === receiver);
  if (found === undefined) throw new Error(`${sender} and ${receiver} agreed on nothing`);
  return found;
}

function endpointOf(text: string): { address: string; port: number } {
  const parsed = parseEndpoint(text, DEFAULT_UNDERLAY_PORT);
  if (parsed === undefined) throw new Error(`no endpoint: ${text}`);
  const [address = ''] = formatEndpoint(parsed).split(':');
  return { address, port: parsed.port };
}
