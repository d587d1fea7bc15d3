import { DecodeError } from '../../base/errors.ts';
import { ByteSource } from './byte-source.ts';
import type { CapturedPacket } from './captured-packet.ts';
import { PCAP_VARIANTS, readPcap } from './pcap-file.ts';
import { readPcapng, SECTION_HEADER } from './pcapng-file.ts';

/** The bytes are no capture at all, whereas any other `DecodeError` is about a damaged one. */
export class NotACaptureError extends DecodeError {}

/**
 * The packets of a capture of any format, in the order of the file. Throws `DecodeError` where the
 * bytes break a rule of their format; a file that merely ends too early is no error: returns whether
 * it does.
 */
export async function* readCapture(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<CapturedPacket, boolean> {
  const source = new ByteSource(chunks);
  const start = await source.take(4);
  if (start === undefined) throw new NotACaptureError('fewer than 4 bytes');
  const magic = new DataView(start.buffer, start.byteOffset).getUint32(0);
  if (magic === SECTION_HEADER) return yield* readPcapng(source);
  const variant = PCAP_VARIANTS.get(magic);
  if (variant === undefined) throw new NotACaptureError(`begins with ${magic.toString(16).padStart(8, '0')}`);
  return yield* readPcap(source, variant);
}
