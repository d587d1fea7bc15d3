/**
 * The blocks of a pcapng capture (draft-ietf-opsawg-pcapng), each whole, so that a capture is their bytes one after
 * the other: a section header, every interface, packets, and the statistics. Little-endian; times are nanoseconds.
 */

const SECTION_HEADER = 0x0a0d0d0a;
const INTERFACE_DESCRIPTION = 1;
const INTERFACE_STATISTICS = 5;
const ENHANCED_PACKET = 6;
const BYTE_ORDER_MAGIC = 0x1a2b3c4d;
const MAJOR_VERSION = 1;

const COMMENT = 1;
const SECTION_APPLICATION = 4;
const INTERFACE_NAME = 2;
const INTERFACE_DESCRIPTION_TEXT = 3;
const INTERFACE_TIME_RESOLUTION = 9;
const PACKET_FLAGS = 2;
const STATISTICS_RECEIVED = 4;
const STATISTICS_DROPPED = 5;

/** if_tsresol: 10^-9 seconds. */
const NANOSECONDS = 9;
/** Of epb_flags: the lowest two bits. */
const DIRECTION_FLAGS = { inbound: 1, outbound: 2 } as const;

/** Bytes of a name, a description or a comment; longer ones are cut between characters. */
export const MAX_TEXT_BYTES = 1024;

export type CaptureDirection = keyof typeof DIRECTION_FLAGS;

export interface CaptureInterfaceFields {
  readonly name: string;
  readonly description: string;
  /** A LINKTYPE_ number (www.tcpdump.org/linktypes.html). */
  readonly linkType: number;
  /** Bytes kept of each packet; 0 is all. */
  readonly snapLength: number;
}

export interface CapturedPacketFields {
  /** Interfaces are numbered from 0 in the order of their blocks. */
  readonly interfaceIndex: number;
  /** Since 1970, UTC. */
  readonly timeNs: bigint;
  /** What was captured. */
  readonly bytes: Uint8Array;
  /** Bytes as sent; absent where all were captured. */
  readonly originalLength?: number;
  readonly direction?: CaptureDirection;
  readonly comment?: string;
}

export interface CaptureStatistics {
  readonly interfaceIndex: number;
  readonly timeNs: bigint;
  /** Packets since the capture began, those that were dropped included. */
  readonly received: bigint;
  /** Packets that the capture does not hold because its writer could not keep up. */
  readonly dropped: bigint;
}

type CaptureOption = readonly [code: number, value: Uint8Array];

/** Begins a capture, of a length that is not said. */
export function sectionHeader(application: string): Uint8Array {
  const fields = joined([uint32(BYTE_ORDER_MAGIC), uint16(MAJOR_VERSION), uint16(0), uint64(2n ** 64n - 1n)]);
  return block(SECTION_HEADER, [fields, optionList([[SECTION_APPLICATION, text(application)]])]);
}

/** Describes the next interface; stands before the packets of it. */
export function interfaceBlock(fields: CaptureInterfaceFields): Uint8Array {
  const options = optionList([
    [INTERFACE_NAME, text(fields.name)],
    [INTERFACE_DESCRIPTION_TEXT, text(fields.description)],
    [INTERFACE_TIME_RESOLUTION, Uint8Array.of(NANOSECONDS)],
  ]);
  return block(INTERFACE_DESCRIPTION, [uint16(fields.linkType), uint16(0), uint32(fields.snapLength), options]);
}

export function packetBlock(packet: CapturedPacketFields): Uint8Array {
  const { bytes, direction, comment } = packet;
  const options: CaptureOption[] = [];
  if (direction !== undefined) options.push([PACKET_FLAGS, uint32(DIRECTION_FLAGS[direction])]);
  if (comment !== undefined) options.push([COMMENT, text(comment)]);
  const lengths = [uint32(bytes.length), uint32(packet.originalLength ?? bytes.length)];
  const fields = [uint32(packet.interfaceIndex), timeStamp(packet.timeNs), ...lengths];
  return block(ENHANCED_PACKET, [...fields, padded(bytes), optionList(options)]);
}

/** Ends a capture; one for each interface. */
export function statisticsBlock(statistics: CaptureStatistics): Uint8Array {
  const options = optionList([
    [STATISTICS_RECEIVED, uint64(statistics.received)],
    [STATISTICS_DROPPED, uint64(statistics.dropped)],
  ]);
  return block(INTERFACE_STATISTICS, [uint32(statistics.interfaceIndex), timeStamp(statistics.timeNs), options]);
}

/** Type, length, body, and the length again. */
function block(type: number, body: readonly Uint8Array[]): Uint8Array {
  const length = uint32(body.reduce((total, part) => total + part.length, 12));
  return joined([uint32(type), length, ...body, length]);
}

/** Nothing where there are none, else their end is marked. */
function optionList(options: readonly CaptureOption[]): Uint8Array {
  if (options.length === 0) return new Uint8Array(0);
  const written = options.map(([code, value]) => joined([uint16(code), uint16(value.length), padded(value)]));
  return joined([...written, uint32(0)]);
}

function text(value: string): Uint8Array {
  const room = new Uint8Array(MAX_TEXT_BYTES);
  return room.subarray(0, new TextEncoder().encodeInto(value, room).written);
}

/** The upper half comes first, in either byte order. */
function timeStamp(timeNs: bigint): Uint8Array {
  return joined([uint32(Number(timeNs >> 32n)), uint32(Number(timeNs & 0xffffffffn))]);
}

/** To a multiple of 4 bytes; the padding counts in no length but the block's. */
function padded(bytes: Uint8Array): Uint8Array {
  return bytes.length % 4 === 0 ? bytes : joined([bytes, new Uint8Array(4 - (bytes.length % 4))]);
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((total, part) => total + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

function uint16(value: number): Uint8Array {
  const view = new DataView(new ArrayBuffer(2));
  view.setUint16(0, value, true);
  return new Uint8Array(view.buffer);
}

function uint32(value: number): Uint8Array {
  const view = new DataView(new ArrayBuffer(4));
  view.setUint32(0, value, true);
  return new Uint8Array(view.buffer);
}

function uint64(value: bigint): Uint8Array {
  const view = new DataView(new ArrayBuffer(8));
  view.setBigUint64(0, value, true);
  return new Uint8Array(view.buffer);
}
