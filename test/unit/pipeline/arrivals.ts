/** Packets as they arrive at host x, see `test/kit/cloud-of-one.ts`. */
import { buildIpv4, buildUdp } from '../../../src/packet/build.ts';
import type { Arrival } from '../../../src/pipeline/arrival.ts';
import { address, GNI_A, header, UNDERLAY_PORT } from '../../kit/cloud-of-one.ts';

export function udp(source: string, destination: string, payloadBytes = 4): Uint8Array {
  return buildUdp({
    source: address(source),
    destination: address(destination),
    sourcePort: 1000,
    destinationPort: 2000,
    payload: new Uint8Array(payloadBytes),
    dontFragment: true,
  });
}

export function laterFragment(bytes: number): Uint8Array {
  const [source, destination] = [address('10.1.2.30'), address('10.1.2.50')];
  return buildIpv4({
    source,
    destination,
    protocol: 17,
    payload: new Uint8Array(bytes),
    fragmentOffset: 8,
    dontFragment: true,
  });
}

export function fromGuest(port: number, bytes: Uint8Array): Arrival {
  return { kind: 'guest', port, bytes };
}

export function fromHost(at: string, headerBytes: Uint8Array, bytes: Uint8Array, tos = 0): Arrival {
  return { kind: 'underlay', source: { address: address(at), port: UNDERLAY_PORT }, tos, header: headerBytes, bytes };
}

export const HEADER_FROM_Y = header('udp/2.0', { sourceGni: GNI_A, destinationGni: GNI_A, agreement: 2, labels: [] });
export const HEADER_FROM_Z = header('udp/1.0', { sourceGni: GNI_A, destinationGni: GNI_A, agreement: 4, labels: [] });
