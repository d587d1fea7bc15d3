import { createReadStream } from 'node:fs';
import type { Readable } from 'node:stream';
import { UserError } from '../../base/errors.ts';
import { captureError } from '../decode/capture-error.ts';
import { readCapture } from '../decode/capture-reader.ts';
import type { CapturedPacket } from '../decode/captured-packet.ts';
import type { PacketPlace } from './packet-place.ts';

/** Reads up to the packet. Throws UserError: `not-found`, `invalid`. */
export async function pickPacket({ file, number }: PacketPlace, openInput: () => Readable): Promise<CapturedPacket> {
  const input = file === '-' ? openInput() : createReadStream(file);
  const name = file === '-' ? 'standard input' : file;
  let count = 0;
  try {
    for await (const packet of readCapture(input)) if (++count === number) return packet;
  } catch (error) {
    throw captureError(error, name, `${count} packets before it were read`);
  } finally {
    input.destroy();
  }
  throw new UserError('not-found', `${name} has no packet ${number}`, `it has ${count}; the first is 1`);
}
