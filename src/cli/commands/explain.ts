import type { Readable } from 'node:stream';
import { type Command, InvalidArgumentError, Option } from 'commander';
import type { ExplainDocument, ExplainRequest, Outcome } from '../../admin/documents.ts';
import { PROTOCOL_ICMP, PROTOCOL_TCP, PROTOCOL_UDP, TCP_SYN } from '../../packet/protocols.ts';
import { addressArgument, endpointArgument, hexArgument, integerArgument, protocolArgument } from '../arguments.ts';
import type { Cli } from '../cli.ts';
import { UNDERLAY_PORT } from '../default-ports.ts';
import { ask, chosenSocket, jsonOption, type ReadOptions, show, socketOption } from '../daemon-socket.ts';
import { type CommandText, describeCommand } from '../describe-command.ts';
import { EXIT, EXPLAIN_EXITS } from '../exit-status.ts';
import { explainText } from '../explain-text.ts';
import { type PacketPlace, parsePacketPlace } from '../capture/packet-place.ts';
import { MAX_PACKET_BYTES, TCP_FLAG_LETTERS, tcpFlags } from '../described-packet.ts';
import { capturedRequest, describedRequest, type PacketOptions } from '../explain-request.ts';
import { protocolName } from '../protocol-name.ts';

const TEXT: CommandText = {
  about: `
The agent decides about the packet as it would about a real one, but sends and counts nothing.
Either --port names the guest's port that the packet comes from, or --underlay-from and --header
describe a datagram of another host. The packet is described by --to and the options after it, or
given as it is by --packet.

--from-capture takes the packet as it was captured, pcap or pcapng, counted from 1 as Wireshark does: a datagram that
this host received on the underlay, or a guest's packet where the interface of \`weft capture\` or --port names its port.`,
  examples: [
    'weft explain --port a30 --to 10.1.2.50',
    'weft explain --port a30 --to 10.1.2.50 --protocol tcp --destination-port 443',
    'weft explain --port a30 --from 10.1.2.99 --to 10.1.2.50',
    'weft explain --from-capture underlay.pcapng:17',
    'weft explain --from-capture tun0.pcap:3 --port a30',
    'weft explain --underlay-from 198.18.0.2 --header 01000010000003e9000003e900000007 --packet 4500...',
  ],
  exitStatuses: EXPLAIN_EXITS,
};

const EXIT_CODES: { readonly [O in Outcome]: number } = {
  deliver: EXIT.ok,
  send: EXIT.ok,
  reply: EXIT.ok,
  drop: EXIT.failed,
  hold: EXIT.undecided,
};

/** The options that describe a packet, which one that is given whole does not take. */
const DESCRIPTION = ['from', 'to', 'protocol', 'sourcePort', 'destinationPort', 'ttl', 'length', 'tcpFlags'];

/** Those of them that only some protocols have. */
const PROTOCOLS_OF_OPTION: ReadonlyMap<string, readonly number[]> = new Map([
  ['sourcePort', [PROTOCOL_TCP, PROTOCOL_UDP]],
  ['destinationPort', [PROTOCOL_TCP, PROTOCOL_UDP]],
  ['tcpFlags', [PROTOCOL_TCP]],
]);

interface ExplainOptions extends ReadOptions, PacketOptions {
  readonly fromCapture?: PacketPlace;
}

export function addExplainCommand(program: Command, cli: Cli, openInput: () => Readable = () => process.stdin): void {
  const port = integerArgument(0, 65535);
  describeCommand(program.command('explain'), TEXT)
    .description('show what a host does with a packet, stage by stage, and why')
    .addOption(new Option('--port <name>', "the guest's port that sends it").conflicts(['underlayFrom', 'header']))
    .option('--underlay-from <address[:port]>', 'the host that sends it', endpointArgument(UNDERLAY_PORT))
    .option('--header <hex>', "its datagram's envelope and header body", hexArgument)
    .addOption(new Option('--packet <hex>', 'the whole IP packet').argParser(hexArgument).conflicts(DESCRIPTION))
    .addOption(
      new Option('--from-capture <file:n>', 'packet N of a capture; - is standard input')
        .argParser(placeArgument)
        .conflicts(['underlayFrom', 'header', 'packet', ...DESCRIPTION]),
    )
    .option('--to <address>', 'destination', addressArgument)
    .option('--from <address>', "source (default: the port's first address)", addressArgument)
    .addOption(
      new Option('--protocol <name>', 'tcp, udp, icmp (an echo request) or a number')
        .argParser(protocolArgument)
        .default(PROTOCOL_ICMP, 'icmp'),
    )
    .option('--source-port <n>', 'of TCP and UDP', port, 40000)
    .option('--destination-port <n>', 'of TCP and UDP', port, 80)
    .option('--ttl <n>', 'time to live', integerArgument(0, 255), 64)
    .option('--length <n>', 'bytes of the whole packet', integerArgument(20, MAX_PACKET_BYTES))
    .addOption(
      new Option('--tcp-flags <letters>', `of TCP, any of ${TCP_FLAG_LETTERS}`)
        .argParser(flagsArgument)
        .default(TCP_SYN, 'S'),
    )
    .addOption(socketOption('agent'))
    .addOption(jsonOption())
    .action(async (options: ExplainOptions, command: Command) => {
      requireComplete(options, command);
      refuseUnused(options, command);
      const socket = chosenSocket(cli, 'agent', options);
      const { request, captured } = await requestOf(options, socket, openInput);
      const document = await ask<ExplainDocument>(socket, 'netweft.explain/v1', 'POST', '/v1/explain', request);
      show(cli, options, document, (answer) => explainText(request, answer, cli, captured));
      cli.exitCode = EXIT_CODES[document.outcome];
    });
}

async function requestOf(
  options: ExplainOptions,
  socket: string,
  openInput: () => Readable,
): Promise<{ readonly request: ExplainRequest; readonly captured?: string }> {
  if (options.fromCapture !== undefined) return capturedRequest(options.fromCapture, options.port, socket, openInput);
  return { request: await describedRequest(options, socket) };
}

function requireComplete(options: ExplainOptions, command: Command): void {
  if (options.fromCapture !== undefined) return;
  const isUnderlay = options.underlayFrom !== undefined && options.header !== undefined;
  if (options.port === undefined && !isUnderlay) {
    command.error('error: nothing says where the packet comes from; give --port, or --underlay-from with --header');
  }
  if (options.packet === undefined && options.to === undefined) {
    command.error('error: nothing says which packet it is; give --to, or --packet');
  }
  if (options.port === undefined && options.packet === undefined && options.from === undefined) {
    command.error('error: nothing tells the source address; give --from, or --port');
  }
}

/** What the packet of the protocol has no place for would be left out silently. */
function refuseUnused({ protocol }: ExplainOptions, command: Command): void {
  for (const option of command.options) {
    const protocols = PROTOCOLS_OF_OPTION.get(option.attributeName());
    if (protocols === undefined || protocols.includes(protocol)) continue;
    if (command.getOptionValueSource(option.attributeName()) !== 'cli') continue;
    const ways = protocols.map((known) => `--protocol ${protocolName(known)}`).join(' or ');
    command.error(`error: ${option.long} means nothing to the protocol ${protocolName(protocol)}; give ${ways}`);
  }
}

function placeArgument(text: string): PacketPlace {
  const place = parsePacketPlace(text);
  if (place === undefined)
    throw new InvalidArgumentError('A file and a number are wanted, such as underlay.pcapng:17.');
  return place;
}

function flagsArgument(text: string): number {
  const flags = tcpFlags(text);
  if (flags === undefined) throw new InvalidArgumentError(`Letters of ${TCP_FLAG_LETTERS} are wanted.`);
  return flags;
}
