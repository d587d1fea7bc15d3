import { DecodeError } from '../../base/errors.ts';
import type { Endpoint } from '../../base/ipv4.ts';
import { PacketView } from '../../packet/packet-view.ts';
import { decodeHeader, type Header } from '../../wire/header.ts';
import type { OuterDatagram } from './outer-datagram.ts';

/** What a datagram of Netweft turned out to be. */
export type DecodedDatagram = Frame | Control | Undecodable;

interface Outer {
  readonly source: Endpoint;
  readonly destination: Endpoint;
  /** UDP payload as sent, bytes. */
  readonly length: number;
}

/** A guest's packet on its way between hosts. */
export interface Frame extends Outer {
  readonly kind: 'frame';
  readonly header: Header;
  readonly inner: Inner;
}

/** A message between an agent and the mapping daemon. */
export interface Control extends Outer {
  readonly kind: 'control';
}

/** Not what an agent sends; `reason` says which rule it breaks. */
export interface Undecodable extends Outer {
  readonly kind: 'undecodable';
  readonly reason: string;
}

export interface Inner {
  /** Bytes as sent; the capture may hold fewer. */
  readonly length: number;
  readonly capturedLength: number;
  /** Readable only where `fault` is undefined. */
  readonly packet: PacketView;
  /** Why the packet cannot be shown. */
  readonly fault: string | undefined;
}

export interface Ports {
  /** Datagrams to or from these carry frames. */
  readonly frames: readonly number[];
  /** Datagrams to or from this one are control messages. */
  readonly control: number | undefined;
}

/** `undefined` where the datagram is of none of the ports. Never throws. */
export function decodeDatagram(datagram: OuterDatagram, ports: Ports): DecodedDatagram | undefined {
  const { source, destination, payload, payloadLength } = datagram;
  const outer = { source, destination, length: payloadLength };
  if (source.port === ports.control || destination.port === ports.control) return { kind: 'control', ...outer };
  if (!ports.frames.includes(source.port) && !ports.frames.includes(destination.port)) return undefined;
  try {
    const header = decodeHeader(payload);
    return { kind: 'frame', ...outer, header, inner: innerOf(payload, header.headerLength, payloadLength) };
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
    const cut = payload.length < payloadLength ? `; ${payload.length} of ${payloadLength} bytes were captured` : '';
    return { kind: 'undecodable', ...outer, reason: `${error.message}${cut}` };
  }
}

function innerOf(payload: Uint8Array, headerLength: number, payloadLength: number): Inner {
  const packet = new PacketView();
  const bytes = payload.subarray(headerLength);
  const fault = packet.parse(bytes);
  const length = payloadLength - headerLength;
  const capturedLength = bytes.length;
  return { length, capturedLength, packet, fault: capturedLength < length ? 'cut-short' : fault };
}
