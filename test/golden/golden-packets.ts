/** What golden packets are built from: the hosts and guests of all of them, and the layers around a payload. */
import { ByteWriter } from '../../src/base/byte-cursor.ts';
import { parseAddress } from '../../src/base/ipv4.ts';
import { buildUdp } from '../../src/packet/build.ts';
import { frameworkByName } from '../../src/wire/frameworks.ts';
import { encodeHeader } from '../../src/wire/header.ts';
import type { HeaderBody } from '../../src/wire/header-body.ts';

/** 2026-11-20T08:00:00 UTC. */
const FIRST_NS = 1_795_161_600_000_000_000n;
const INTERVAL_NS = 1_000_001n;
const FRAMES_PORT = 7790;

export const GUEST_A = addressOf('10.1.2.30');
export const GUEST_B = addressOf('10.1.2.50');
export const HOST_X = addressOf('198.18.0.1');
export const HOST_Y = addressOf('198.18.0.2');
export const MAPPER = addressOf('198.18.0.254');

/** Times of a capture are a little more than a millisecond apart, so that nanoseconds show. */
export function timeOf(index: number): bigint {
  return FIRST_NS + BigInt(index) * INTERVAL_NS;
}

/** The payload of a datagram between hosts. */
export function frame(framework: string, body: HeaderBody, inner: Uint8Array): Uint8Array {
  const known = frameworkByName(framework);
  if (known === undefined) throw new Error(`no framework ${framework}`);
  return joined(encodeHeader(known, body), inner);
}

export interface Way {
  readonly source?: number;
  readonly destination?: number;
  readonly sourcePort?: number;
  readonly destinationPort?: number;
}

/** From host to host unless `way` says otherwise, with its Ethernet header. */
export function ethernetDatagram(payload: Uint8Array, way: Way = {}): Uint8Array {
  const header = new Uint8Array(14);
  new ByteWriter(header)
    .bytes(Uint8Array.of(2, 0, 0, 0, 0, 2))
    .bytes(Uint8Array.of(2, 0, 0, 0, 0, 1))
    .uint16(0x0800);
  const packet = buildUdp({
    source: HOST_X,
    destination: HOST_Y,
    sourcePort: FRAMES_PORT,
    destinationPort: FRAMES_PORT,
    ...way,
    dontFragment: true,
    payload,
  });
  return joined(header, packet);
}

export function joined(...parts: readonly Uint8Array[]): Uint8Array {
  return new Uint8Array(Buffer.concat(parts));
}

function addressOf(text: string): number {
  const address = parseAddress(text);
  if (address === undefined) throw new Error(`no address ${text}`);
  return address;
}
