/**
 * Classic captures (draft-ietf-opsawg-pcap): a header of 24 bytes, then records of 16 bytes and a
 * packet. The magic number tells the byte order and whether times are in micro- or nanoseconds.
 */
import { DecodeError } from '../../base/errors.ts';
import type { ByteSource } from './byte-source.ts';
import { type CapturedPacket, MAX_BLOCK_BYTES } from './captured-packet.ts';
import { FieldView } from './field-view.ts';

const HEADER_BYTES_AFTER_MAGIC = 20;
const RECORD_HEADER_BYTES = 16;
const MAJOR_VERSION = 2;

export interface PcapVariant {
  readonly isLittleEndian: boolean;
  readonly nanosecondsPerUnit: bigint;
}

/** By the first four bytes of the file, read as a big-endian number. */
export const PCAP_VARIANTS: ReadonlyMap<number, PcapVariant> = new Map([
  [0xa1b2c3d4, { isLittleEndian: false, nanosecondsPerUnit: 1000n }],
  [0xd4c3b2a1, { isLittleEndian: true, nanosecondsPerUnit: 1000n }],
  [0xa1b23c4d, { isLittleEndian: false, nanosecondsPerUnit: 1n }],
  [0x4d3cb2a1, { isLittleEndian: true, nanosecondsPerUnit: 1n }],
]);

/** The packets after the magic number. Returns whether the file ends inside a record. */
export async function* readPcap(source: ByteSource, variant: PcapVariant): AsyncGenerator<CapturedPacket, boolean> {
  const header = await source.take(HEADER_BYTES_AFTER_MAGIC);
  if (header === undefined) return true;
  const fields = new FieldView(header, variant.isLittleEndian);
  if (fields.uint16(0) !== MAJOR_VERSION) throw new DecodeError(`pcap version ${fields.uint16(0)} is not known`);
  // The upper half of the field is about frame check sequences.
  const linkType = fields.uint32(16) & 0xffff;
  while (!(await source.isAtEnd())) {
    const packet = await readRecord(source, variant, linkType);
    if (packet === undefined) return true;
    yield packet;
  }
  return false;
}

async function readRecord(
  source: ByteSource,
  variant: PcapVariant,
  linkType: number,
): Promise<CapturedPacket | undefined> {
  const header = await source.take(RECORD_HEADER_BYTES);
  if (header === undefined) return undefined;
  const fields = new FieldView(header, variant.isLittleEndian);
  const length = fields.uint32(8);
  if (length > MAX_BLOCK_BYTES) throw new DecodeError(`a record of ${length} bytes; the limit is ${MAX_BLOCK_BYTES}`);
  const timeNs = BigInt(fields.uint32(0)) * 1_000_000_000n + BigInt(fields.uint32(4)) * variant.nanosecondsPerUnit;
  const bytes = await source.take(length);
  return bytes && { timeNs, linkType, bytes, originalLength: fields.uint32(12) };
}
