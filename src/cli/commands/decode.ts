import { createReadStream } from 'node:fs';
import type { Readable } from 'node:stream';
import type { Command } from 'commander';
import { integerArgument } from '../arguments.ts';
import type { Cli } from '../cli.ts';
import type { DecodeOptions } from '../decode/decode-input.ts';
import { CONTROL_PORT, UNDERLAY_PORT } from '../default-ports.ts';
import { type CommandText, describeCommand } from '../describe-command.ts';

const TEXT: CommandText = {
  about: `
Reads pcap and pcapng files. Each datagram of Netweft is one line; a summary comes last, on standard
error with --json. Times are UTC.`,
  examples: [
    'weft decode underlay.pcap',
    `tcpdump -i any -U -w - udp port ${UNDERLAY_PORT} | weft decode -`,
    "weft decode --json underlay.pcapng | jq 'select(.sourceGni == 1001)'",
  ],
  exitStatuses: {
    ok: 'read to the end, also where the file only ends too early',
    failed: 'no capture, or a damaged one',
  },
};

export function addDecodeCommand(program: Command, cli: Cli, openInput: () => Readable = () => process.stdin): void {
  const readPort = integerArgument(1, 65535);
  describeCommand(program.command('decode'), TEXT)
    .description('print the frames of tenants that a packet capture of the underlay holds')
    .argument('<file>', 'a pcap or pcapng file; - is standard input')
    .option(
      '--port <n>',
      `UDP port of the hosts, may be repeated (default: ${UNDERLAY_PORT}, and control messages on ${CONTROL_PORT})`,
      (text, ports: readonly number[] = []) => [...ports, readPort(text)],
    )
    .option('--json', 'print one JSON object a line instead of text')
    .action(async (file: string, options: DecodeOptions) => {
      const { decodeInput } = await import('../decode/decode-input.ts');
      const input = file === '-' ? openInput() : createReadStream(file);
      await decodeInput(cli, input, file === '-' ? 'standard input' : file, options);
    });
}
