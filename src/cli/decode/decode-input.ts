import type { Readable } from 'node:stream';
import type { Cli } from '../cli.ts';
import { CONTROL_PORT, UNDERLAY_PORT } from '../default-ports.ts';
import { captureError } from './capture-error.ts';
import type { CapturedPacket } from './captured-packet.ts';
import { decodeCapture } from './decode-capture.ts';
import type { DecodedDatagram, Ports } from './decode-datagram.ts';
import { decodedJson } from './decode-json.ts';
import { DecodeSummary } from './decode-summary.ts';
import { decodedText } from './decode-text.ts';

export interface DecodeOptions {
  readonly port?: readonly number[];
  readonly json?: boolean;
}

/** Prints what a capture holds, and then in one line how much. Throws UserError for one that cannot be read. */
export async function decodeInput(cli: Cli, input: Readable, name: string, options: DecodeOptions): Promise<void> {
  const summary = new DecodeSummary();
  const line = (datagram: DecodedDatagram, { timeNs, comment }: CapturedPacket) =>
    options.json ? JSON.stringify(decodedJson(datagram, timeNs, comment)) : decodedText(datagram, timeNs, comment);
  try {
    await decodeCapture(input, portsOf(options), summary, async (datagram, captured) => {
      cli.out(`${line(datagram, captured)}\n`);
      await cli.outTaken();
    });
  } catch (error) {
    throw captureError(error, name, summary.text());
  } finally {
    input.destroy();
  }
  const text = `${summary.text()}\n`;
  if (options.json) cli.err(text);
  else cli.out(text);
}

function portsOf(options: DecodeOptions): Ports {
  if (options.port !== undefined) return { frames: options.port, control: undefined };
  return { frames: [UNDERLAY_PORT], control: CONTROL_PORT };
}
