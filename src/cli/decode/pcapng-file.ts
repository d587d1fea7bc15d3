/**
 * pcapng captures (draft-ietf-opsawg-pcapng): blocks of type, length, body and length again. Section
 * headers, interface descriptions, enhanced and simple packets are read; other blocks are passed over.
 */
import { DecodeError } from '../../base/errors.ts';
import type { ByteSource } from './byte-source.ts';
import { type CapturedPacket, MAX_BLOCK_BYTES } from './captured-packet.ts';
import { FieldView } from './field-view.ts';
import { type CaptureInterface, packetTimeNs, readInterface } from './pcapng-interface.ts';
import { optionText, readOptions } from './pcapng-options.ts';

/** The first four bytes of a file, and of each section; the same in both byte orders. */
export const SECTION_HEADER = 0x0a0d0d0a;

const INTERFACE_DESCRIPTION = 1;
const SIMPLE_PACKET = 3;
const ENHANCED_PACKET = 6;
const BYTE_ORDER_MAGIC = 0x1a2b3c4d;
const MAJOR_VERSION = 1;
const OPTION_COMMENT = 1;
const OPTION_FLAGS = 2;
/** The lowest two bits of epb_flags. */
const DIRECTIONS = [undefined, 'inbound', 'outbound', undefined] as const;
/** Type, length, and length again. */
const FRAME_BYTES = 12;
/** Interfaces of one section; each is held until the section ends. */
const MAX_INTERFACES = 4096;

interface Section {
  isLittleEndian: boolean;
  interfaces: CaptureInterface[];
}

/** The packets of a file of which the first block's type was read. Returns whether it ends inside a block. */
export async function* readPcapng(source: ByteSource): AsyncGenerator<CapturedPacket, boolean> {
  const section: Section = { isLittleEndian: false, interfaces: [] };
  if (!(await readSectionHeader(source, section))) return true;
  while (!(await source.isAtEnd())) {
    const typeBytes = await source.take(4);
    if (typeBytes === undefined) return true;
    const type = new FieldView(typeBytes, section.isLittleEndian).uint32(0);
    if (type === SECTION_HEADER) {
      if (!(await readSectionHeader(source, section))) return true;
      continue;
    }
    const body = await readBlock(source, section, isReadBlock(type));
    if (body === undefined) return true;
    if (type === INTERFACE_DESCRIPTION) addInterface(section, body);
    const packet = packetOf(type, section, body);
    if (packet !== undefined) yield packet;
  }
  return false;
}

function isReadBlock(type: number): boolean {
  return type === INTERFACE_DESCRIPTION || type === SIMPLE_PACKET || type === ENHANCED_PACKET;
}

/** Begins a section: its byte order, and no interfaces. False where the file ends inside. */
async function readSectionHeader(source: ByteSource, section: Section): Promise<boolean> {
  const start = await source.take(8);
  if (start === undefined) return false;
  section.isLittleEndian = new FieldView(start, true).uint32(4) === BYTE_ORDER_MAGIC;
  section.interfaces = [];
  const fields = new FieldView(start, section.isLittleEndian);
  if (fields.uint32(4) !== BYTE_ORDER_MAGIC) throw new DecodeError('a section header without byte-order magic');
  // What is left of the body, and the length again.
  const rest = await source.take(requireLength(fields.uint32(0), true) - FRAME_BYTES);
  if (rest === undefined) return false;
  if (rest.length < 16) throw new DecodeError('a section header that is too short');
  const restFields = new FieldView(rest, section.isLittleEndian);
  if (restFields.uint16(0) !== MAJOR_VERSION)
    throw new DecodeError(`pcapng version ${restFields.uint16(0)} is not known`);
  requireSameLength(restFields.uint32(rest.length - 4), fields.uint32(0));
  return true;
}

/** The body of a block whose type was read; empty where `isWanted` is false; `undefined` where the file ends inside. */
async function readBlock(source: ByteSource, section: Section, isWanted: boolean): Promise<Uint8Array | undefined> {
  const lengthBytes = await source.take(4);
  if (lengthBytes === undefined) return undefined;
  const length = requireLength(new FieldView(lengthBytes, section.isLittleEndian).uint32(0), isWanted);
  if (!isWanted && !(await source.skip(length - FRAME_BYTES))) return undefined;
  const body = isWanted ? await source.take(length - FRAME_BYTES) : new Uint8Array(0);
  const trailer = body && (await source.take(4));
  if (trailer === undefined) return undefined;
  requireSameLength(new FieldView(trailer, section.isLittleEndian).uint32(0), length);
  return body;
}

function requireLength(length: number, isHeld: boolean): number {
  if (length < FRAME_BYTES || length % 4 !== 0)
    throw new DecodeError(`a block of ${length} bytes, which none can have`);
  if (isHeld && length > MAX_BLOCK_BYTES) {
    throw new DecodeError(`a block of ${length} bytes; the limit is ${MAX_BLOCK_BYTES}`);
  }
  return length;
}

function requireSameLength(trailing: number, leading: number): void {
  if (trailing !== leading) throw new DecodeError(`a block that begins as ${leading} bytes and ends as ${trailing}`);
}

function addInterface(section: Section, body: Uint8Array): void {
  if (section.interfaces.length >= MAX_INTERFACES) throw new DecodeError(`more than ${MAX_INTERFACES} interfaces`);
  section.interfaces.push(readInterface(body, section.isLittleEndian));
}

function packetOf(type: number, section: Section, body: Uint8Array): CapturedPacket | undefined {
  if (type === ENHANCED_PACKET) return enhancedPacket(section, body);
  return type === SIMPLE_PACKET ? simplePacket(section, body) : undefined;
}

function enhancedPacket(section: Section, body: Uint8Array): CapturedPacket {
  if (body.length < 20) throw new DecodeError('a packet block that is too short');
  const fields = new FieldView(body, section.isLittleEndian);
  const captured = interfaceOf(section, fields.uint32(0));
  const units = (BigInt(fields.uint32(4)) << 32n) | BigInt(fields.uint32(8));
  const length = fields.uint32(12);
  if (length > body.length - 20) throw new DecodeError('a packet that is longer than its block');
  const options = readOptions(body, 20 + Math.ceil(length / 4) * 4, section.isLittleEndian);
  const flags = options.get(OPTION_FLAGS);
  return {
    timeNs: packetTimeNs(captured, units),
    linkType: captured.linkType,
    bytes: body.subarray(20, 20 + length),
    originalLength: fields.uint32(16),
    interfaceName: captured.name,
    direction: flags?.length === 4 ? DIRECTIONS[new FieldView(flags, section.isLittleEndian).uint32(0) & 3] : undefined,
    comment: optionText(options.get(OPTION_COMMENT)),
  };
}

/** Of the first interface, without a time; cut at that interface's snap length, which the block does not repeat. */
function simplePacket(section: Section, body: Uint8Array): CapturedPacket {
  if (body.length < 4) throw new DecodeError('a packet block that is too short');
  const { linkType, snapLength, name } = interfaceOf(section, 0);
  const original = new FieldView(body, section.isLittleEndian).uint32(0);
  const length = Math.min(original, snapLength === 0 ? original : snapLength);
  if (length > body.length - 4) throw new DecodeError('a packet that is longer than its block');
  return {
    timeNs: undefined,
    linkType,
    bytes: body.subarray(4, 4 + length),
    originalLength: original,
    interfaceName: name,
  };
}

function interfaceOf(section: Section, index: number): CaptureInterface {
  const captured = section.interfaces[index];
  if (captured === undefined) throw new DecodeError(`a packet of interface ${index}, which is not described`);
  return captured;
}
