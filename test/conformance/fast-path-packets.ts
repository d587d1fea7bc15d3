/** Packets of host x's guests and of host y, see `test/kit/cloud-of-one.ts`. */
import type { InPacket } from '../../src/fastpath/packets.ts';
import { buildIcmpEcho, buildIpv4, buildTcp, buildUdp } from '../../src/packet/build.ts';
import { TCP_SYN } from '../../src/packet/protocols.ts';
import { address, GNI_A, header, PORT_A30, PORT_A31, UNDERLAY_PORT } from '../kit/cloud-of-one.ts';

export const HEADER_FROM_Y = header('udp/2.0', { sourceGni: GNI_A, destinationGni: GNI_A, agreement: 2, labels: [] });

export function guestUdp(
  destination: string,
  sourcePort = 1000,
  payload = new Uint8Array(4),
  port = PORT_A30,
  dontFragment = false,
): InPacket {
  const source = address(port === PORT_A31 ? '10.1.2.31' : '10.1.2.30');
  const ports = { sourcePort, destinationPort: 2000 };
  const bytes = buildUdp({ source, destination: address(destination), ...ports, payload, dontFragment });
  return { kind: 'guest', port, bytes };
}

export const A30_TO_A50 = { source: address('10.1.2.30'), destination: address('10.1.2.50') };

export function guestTcp(sourcePort: number, destinationPort: number): InPacket {
  return {
    kind: 'guest',
    port: PORT_A30,
    bytes: buildTcp({ ...A30_TO_A50, sourcePort, destinationPort, flags: TCP_SYN }),
  };
}

export function guestPing(id: number, reply = false): InPacket {
  return { kind: 'guest', port: PORT_A30, bytes: buildIcmpEcho({ ...A30_TO_A50, id, sequence: 1, reply }) };
}

export function fromY(source: string, sourcePort = 1000, tos = 0, innerTos = 0, headerBytes = HEADER_FROM_Y): InPacket {
  const inner = buildUdp({
    source: address(source),
    destination: address('10.1.2.30'),
    sourcePort,
    destinationPort: 2000,
    payload: new Uint8Array(4),
    tos: innerTos,
  });
  const bytes = Uint8Array.from([...headerBytes, ...inner]);
  return { kind: 'underlay', source: { address: address('198.18.0.12'), port: UNDERLAY_PORT }, tos, bytes };
}

export function withTos(bytes: Uint8Array, tos: number): Uint8Array {
  const view = new DataView(bytes.buffer);
  const copy = buildIpv4({
    source: view.getUint32(12),
    destination: view.getUint32(16),
    protocol: bytes[9] ?? 0,
    payload: bytes.subarray(20),
    tos,
  });
  return copy;
}
