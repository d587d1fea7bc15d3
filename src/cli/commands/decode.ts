import { createReadStream } from 'node:fs';
import type { Readable } from 'node:stream';
import type { Command } from 'commander';
import { DEFAULT_CONTROL_PORT, DEFAULT_UNDERLAY_PORT } from '../../model/records.ts';
import { integerArgument } from '../arguments.ts';
import type { Cli } from '../cli.ts';
import { captureError } from '../decode/capture-error.ts';
import type { CapturedPacket } from '../decode/captured-packet.ts';
import { decodeCapture } from '../decode/decode-capture.ts';
import type { DecodedDatagram, Ports } from '../decode/decode-datagram.ts';
import { decodedJson } from '../decode/decode-json.ts';
import { DecodeSummary } from '../decode/decode-summary.ts';
import { decodedText } from '../decode/decode-text.ts';
import { type CommandText, describeCommand } from '../describe-command.ts';

const TEXT: CommandText = {
  about: `
Reads pcap and pcapng files. Each datagram of Netweft is one line; a summary comes last, on standard
error with --json. Times are UTC.`,
  examples: [
    'weft decode underlay.pcap',
    `tcpdump -i any -U -w - udp port ${DEFAULT_UNDERLAY_PORT} | weft decode -`,
    "weft decode --json underlay.pcapng | jq 'select(.sourceGni == 1001)'",
  ],
  exitStatuses: {
    ok: 'read to the end, also where the file only ends too early',
    failed: 'no capture, or a damaged one',
  },
};

interface DecodeOptions {
  readonly port?: readonly number[];
  readonly json?: boolean;
}

export function addDecodeCommand(program: Command, cli: Cli, openInput: () => Readable = () => process.stdin): void {
  const readPort = integerArgument(1, 65535);
  describeCommand(program.command('decode'), TEXT)
    .description('print the frames of tenants that a packet capture of the underlay holds')
    .argument('<file>', 'a pcap or pcapng file; - is standard input')
    .option(
      '--port <n>',
      `UDP port of the hosts, may be repeated (default: ${DEFAULT_UNDERLAY_PORT}, and control messages on ${DEFAULT_CONTROL_PORT})`,
      (text, ports: readonly number[] = []) => [...ports, readPort(text)],
    )
    .option('--json', 'print one JSON object a line instead of text')
    .action(async (file: string, options: DecodeOptions) => {
      const input = file === '-' ? openInput() : createReadStream(file);
      await decodeInput(cli, input, file === '-' ? 'standard input' : file, options);
    });
}

async function decodeInput(cli: Cli, input: Readable, name: string, options: DecodeOptions): Promise<void> {
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
  return { frames: [DEFAULT_UNDERLAY_PORT], control: DEFAULT_CONTROL_PORT };
}
