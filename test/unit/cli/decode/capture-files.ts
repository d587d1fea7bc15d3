/** Writers of captures, as far as tests need them; each returns bytes, to be joined. */
import { buildUdp } from '../../../../src/packet/build.ts';
import { fromHex, GOLDEN_FRAMES, GOLDEN_INNER } from '../../wire/golden-frames.ts';

/** 2026-11-20T08:00:00 UTC in seconds. */
export const NOON = 1_795_161_600;

export interface PcapOptions {
  readonly isLittleEndian?: boolean;
  readonly isNanosecond?: boolean;
  readonly linkType?: number;
}

export interface WrittenPacket {
  readonly bytes: Uint8Array;
  readonly seconds?: number;
  /** In the unit of the file. */
  readonly fraction?: number;
  readonly originalLength?: number;
}

export function joinBytes(...parts: readonly Uint8Array[]): Uint8Array {
  return new Uint8Array(Buffer.concat(parts));
}

export function pcapFile(options: PcapOptions, packets: readonly WrittenPacket[]): Uint8Array {
  const isLittle = options.isLittleEndian ?? true;
  const magic = options.isNanosecond ? 0xa1b23c4d : 0xa1b2c3d4;
  const header = words(isLittle, [magic, 0, 0, 0, 262_144, options.linkType ?? 101]);
  header.set(halves(isLittle, [2, 4]), 4);
  const records = packets.map(({ bytes, seconds = NOON, fraction = 0, originalLength = bytes.length }) =>
    joinBytes(words(isLittle, [seconds, fraction, bytes.length, originalLength]), bytes),
  );
  return joinBytes(header, ...records);
}

export function sectionHeader(isLittle: boolean): Uint8Array {
  const body = joinBytes(
    words(isLittle, [0x1a2b3c4d]),
    halves(isLittle, [1, 0]),
    words(isLittle, [0xffffffff, 0xffffffff]),
  );
  return block(isLittle, 0x0a0d0d0a, body);
}

/** `options` are pairs of code and value. */
export function interfaceBlock(
  isLittle: boolean,
  linkType: number,
  options: readonly (readonly [number, Uint8Array])[] = [],
  snapLength = 0,
): Uint8Array {
  const written = options.map(([code, value]) => joinBytes(halves(isLittle, [code, value.length]), padded(value)));
  const end = options.length > 0 ? words(isLittle, [0]) : new Uint8Array(0);
  return block(isLittle, 1, joinBytes(halves(isLittle, [linkType, 0]), words(isLittle, [snapLength]), ...written, end));
}

export function enhancedPacket(isLittle: boolean, index: number, units: bigint, bytes: Uint8Array): Uint8Array {
  const high = Number(units >> 32n);
  const low = Number(units & 0xffffffffn);
  const fields = words(isLittle, [index, high, low, bytes.length, bytes.length]);
  return block(isLittle, 6, joinBytes(fields, padded(bytes)));
}

export function simplePacket(isLittle: boolean, originalLength: number, bytes: Uint8Array): Uint8Array {
  return block(isLittle, 3, joinBytes(words(isLittle, [originalLength]), padded(bytes)));
}

export function block(isLittle: boolean, type: number, body: Uint8Array): Uint8Array {
  const length = body.length + 12;
  return joinBytes(words(isLittle, [type, length]), body, words(isLittle, [length]));
}

/** The golden frame of that name, from its outer IP header on. */
export function goldenPacket(name: string): Uint8Array {
  const frame = GOLDEN_FRAMES.find((candidate) => candidate.name === name);
  if (frame === undefined) throw new Error(`no golden frame ${name}`);
  return fromHex(`${frame.outer} ${frame.header} ${GOLDEN_INNER}`);
}

/** An underlay datagram between the hosts of the golden frames. */
export function underlayPacket(payload: Uint8Array, sourcePort = 7790, destinationPort = 7790): Uint8Array {
  return buildUdp({ source: 0x0708090a, destination: 0x01020304, sourcePort, destinationPort, payload });
}

/** Chunks of at most `size` bytes. */
export async function* chunksOf(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

export function words(isLittle: boolean, values: readonly number[]): Uint8Array {
  const view = new DataView(new ArrayBuffer(values.length * 4));
  for (const [index, value] of values.entries()) view.setUint32(index * 4, value, isLittle);
  return new Uint8Array(view.buffer);
}

function halves(isLittle: boolean, values: readonly number[]): Uint8Array {
  const view = new DataView(new ArrayBuffer(values.length * 2));
  for (const [index, value] of values.entries()) view.setUint16(index * 2, value, isLittle);
  return new Uint8Array(view.buffer);
}

function padded(bytes: Uint8Array): Uint8Array {
  return joinBytes(bytes, new Uint8Array((4 - (bytes.length % 4)) % 4));
}
