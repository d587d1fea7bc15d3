import { type Command, Option } from 'commander';
import type { TraceEndDocument, TraceRequest, TraceResult } from '../../admin/trace-documents.ts';
import { UserError } from '../../base/errors.ts';
import { formatAddress } from '../../base/ipv4.ts';
import { PROTOCOL_TCP, PROTOCOL_UDP } from '../../packet/protocols.ts';
import { addressArgument, integerArgument, protocolArgument, spanArgument } from '../arguments.ts';
import type { Cli } from '../cli.ts';
import { chosenSocket, jsonOption, type ReadOptions, socketOption, unexpectedDocument } from '../daemon-socket.ts';
import { type CommandText, describeCommand } from '../describe-command.ts';
import { EXIT, TRACE_EXITS } from '../exit-status.ts';
import { followStream, type Told } from '../follow-stream.ts';
import { protocolName } from '../protocol-name.ts';
import { packetText, startText, summaryText } from '../trace-text.ts';

const DEFAULT_COUNT = 10;
const MAX_COUNT = 1000;
const DEFAULT_SPAN_MS = 30_000;
const MAX_SPAN_MS = 600_000;

const TEXT: CommandText = {
  about: `
The mapping daemon asks the host of the port and the host of the destination for the packets of the flow as they pass.
Each packet is shown with what both hosts did with it and the stages of their decisions, once both have told of it; one
that the other host has not seen within 2 s is shown as such. The trace ends after --count packets or the time of --for.

Only packets that the port sends itself, in its own network, are shown. Where a flow is too fast to tell of every
packet, both hosts choose the same ones. The time between two hosts is as good as their clocks agree.`,
  examples: [
    'weft trace --port a30 --to 10.1.2.50',
    'weft trace --port a30 --to 10.1.2.50 --protocol tcp --destination-port 443 --count 3',
    'weft trace --port a30 --from 10.9.9.9 --to 10.1.2.50 --for 2m',
    `weft trace --port a30 --to 10.1.2.50 --json | jq 'select(.result == "lost")'`,
  ],
  exitStatuses: TRACE_EXITS,
};

interface TraceOptions extends ReadOptions {
  readonly port: string;
  readonly to: number;
  readonly from?: number;
  readonly protocol?: number;
  readonly sourcePort?: number;
  readonly destinationPort?: number;
  readonly count: number;
  readonly for: number;
}

export function addTraceCommand(program: Command, cli: Cli): void {
  const port = integerArgument(0, 65535);
  describeCommand(program.command('trace'), TEXT)
    .description('show the next packets of a flow, live, on both hosts, stage by stage')
    .requiredOption('--port <name>', 'the port that sends')
    .requiredOption('--to <address>', 'destination', addressArgument)
    .option('--from <address>', "source (default: the port's first address)", addressArgument)
    .option('--protocol <name>', 'tcp, udp, icmp or a number (default: any)', protocolArgument)
    .option('--source-port <n>', 'of TCP and UDP (default: any)', port)
    .option('--destination-port <n>', 'of TCP and UDP (default: any)', port)
    .option('--count <n>', 'packets to show', integerArgument(1, MAX_COUNT), DEFAULT_COUNT)
    .addOption(
      new Option('--for <time>', 'how long, such as 30s or 5m')
        .argParser(spanArgument(MAX_SPAN_MS))
        .default(DEFAULT_SPAN_MS, '30s'),
    )
    .addOption(socketOption('mapper'))
    .addOption(jsonOption())
    .action(async (options: TraceOptions, command: Command) => {
      refusePorts(options, command);
      await trace(cli, options);
    });
}

/** A packet of another protocol has no ports, so nothing would ever be shown. */
function refusePorts({ protocol, sourcePort, destinationPort }: TraceOptions, command: Command): void {
  if (sourcePort === undefined && destinationPort === undefined) return;
  if (protocol === undefined || protocol === PROTOCOL_TCP || protocol === PROTOCOL_UDP) return;
  command.error(`error: the protocol ${protocolName(protocol)} has no ports; give --protocol tcp or --protocol udp`);
}

async function trace(cli: Cli, options: TraceOptions): Promise<void> {
  const socket = chosenSocket(cli, 'mapper', options);
  const results = new Map<TraceResult, number>();
  let end: TraceEndDocument | undefined;
  let isStopped = false;
  const forget = cli.onStopSignal(() => {
    isStopped = true;
  });
  const take = async (document: Told) => {
    if (document.schema === 'netweft.trace/v1') results.set(document.result, (results.get(document.result) ?? 0) + 1);
    if (document.schema === 'netweft.trace-end/v1') end = document;
    cli.out(options.json ? `${JSON.stringify(document)}\n` : textOf(document, cli));
    await cli.outTaken();
  };
  try {
    await followStream(cli, socket, '/v1/traces', take, requestOf(options));
  } finally {
    forget();
  }
  if (!options.json) cli.out(summaryText(results, end));
  if (end === undefined && !isStopped) {
    throw new UserError('unfinished', 'the mapping daemon ended before the trace did', 'see its log, and trace again');
  }
  cli.exitCode = exitCode(results);
}

function requestOf(options: TraceOptions): TraceRequest {
  const { port, to, from, protocol, sourcePort, destinationPort, count, for: forMs } = options;
  return {
    port,
    to: formatAddress(to),
    ...(from === undefined ? {} : { from: formatAddress(from) }),
    ...(protocol === undefined ? {} : { protocol }),
    ...(sourcePort === undefined ? {} : { sourcePort }),
    ...(destinationPort === undefined ? {} : { destinationPort }),
    count,
    forMs,
  };
}

function textOf(document: Told, cli: Cli): string {
  switch (document.schema) {
    case 'netweft.trace-start/v1':
      return startText(document);
    case 'netweft.trace/v1':
      return packetText(document, cli);
    case 'netweft.trace-end/v1':
      return '';
    default:
      throw unexpectedDocument(document);
  }
}

function exitCode(results: ReadonlyMap<TraceResult, number>): number {
  if (results.has('dropped') || results.has('lost') || results.has('answered')) return EXIT.failed;
  return results.has('unknown') || results.size === 0 ? EXIT.undecided : EXIT.ok;
}
