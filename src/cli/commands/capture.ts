import { createWriteStream, openSync } from 'node:fs';
import type { Writable } from 'node:stream';
import { type Command, Option } from 'commander';
import type { AgentStatusDocument } from '../../admin/documents.ts';
import { UserError } from '../../base/errors.ts';
import { parseEndpoint } from '../../base/ipv4.ts';
import { formatCount } from '../amounts.ts';
import { integerArgument, pathArgument } from '../arguments.ts';
import type { CaptureSummary } from '../capture/run-capture.ts';
import type { Cli } from '../cli.ts';
import { UNDERLAY_PORT } from '../default-ports.ts';
import { ask, chosenSocket, type ReadOptions, socketOption } from '../daemon-socket.ts';
import { type CommandText, describeCommand } from '../describe-command.ts';

const MAX_SNAP_BYTES = 262_144;
const MAX_SECONDS = 86_400;
const MAX_COUNT = 1_000_000_000;

const TEXT: CommandText = {
  about: `
Writes pcapng with an interface for each port and one for the underlay, and with nanoseconds. Each packet has a comment:
its verdict and, where it was dropped, the reason; the GNIs; the agreement and framework; the record that decided and
its generation. Guests' packets come from the agent, those of the underlay from the device through libpcap: run it in
the network namespace of the agent, as root. It ends at Ctrl-C, or after --count or --for.

A datagram on the device of which the agent told nothing within a second was not received by it, or waits for a mapping;
its comment says so. Times of guests' packets are when their fate was known, those of the underlay when they were read.`,
  examples: [
    'weft capture --port a30 -o a30.pcapng',
    'weft capture --port a30 --underlay --for 10 -o both.pcapng',
    'weft capture --port a30 -o - | wireshark -k -i -',
    'weft capture --underlay eth0 --count 100 -o - | weft decode -',
  ],
};

interface CaptureCommandOptions extends ReadOptions {
  readonly port?: readonly string[];
  readonly underlay?: string | true;
  readonly output: string;
  readonly count?: number;
  readonly for?: number;
  readonly snap?: number;
}

export function addCaptureCommand(program: Command, cli: Cli, standardOutput: () => Writable = () => process.stdout) {
  describeCommand(program.command('capture'), TEXT)
    .description('capture packets of guests and of the underlay, each with what became of it and why')
    .option('--port <name>', 'a port of this host, may be repeated', (name, names: readonly string[] = []) => [
      ...names,
      name,
    ])
    .option('--underlay [device]', "the underlay (default: the device that has the agent's address)")
    .addOption(
      new Option('-o, --output <file>', 'where to; - is standard output').argParser(pathArgument).makeOptionMandatory(),
    )
    .option('--count <n>', 'end after so many packets', integerArgument(1, MAX_COUNT))
    .option('--for <seconds>', 'end after so long', integerArgument(1, MAX_SECONDS))
    .option('--snap <bytes>', 'bytes kept of each packet (default: all)', integerArgument(1, MAX_SNAP_BYTES))
    .addOption(socketOption('agent'))
    .action(async (options: CaptureCommandOptions, command: Command) => {
      if (options.port === undefined && options.underlay === undefined) {
        command.error('error: nothing says what to capture; give --port, --underlay, or both');
      }
      await capture(cli, options, standardOutput);
    });
}

async function capture(cli: Cli, options: CaptureCommandOptions, standardOutput: () => Writable): Promise<void> {
  const { runCapture } = await import('../capture/run-capture.ts');
  const socket = chosenSocket(cli, 'agent', options);
  const underlay = options.underlay === undefined ? undefined : await underlayOf(socket, options.underlay);
  const ports = [...new Set(options.port)];
  requirePipe(options.output, standardOutput);
  let output: Writable | undefined;
  const openOutput = () => {
    output = options.output === '-' ? standardOutput() : openFile(options.output);
    return output;
  };
  const ending = new AbortController();
  const forget = cli.onStopSignal(() => ending.abort());
  const timer = setTimeout(() => ending.abort(), (options.for ?? 0) * 1000);
  if (options.for === undefined) clearTimeout(timer);
  const what = [...ports, ...(underlay === undefined ? [] : [`underlay ${underlay.device}`])].join(', ');
  const started = () => cli.err(`weft: capturing ${what}; Ctrl-C ends it\n`);
  try {
    const { count: maxPackets = Number.POSITIVE_INFINITY, snap: snapLength = MAX_SNAP_BYTES } = options;
    const { signal } = ending;
    const summary = await runCapture({ socket, ports, underlay, snapLength, maxPackets, openOutput, signal, started });
    cli.err(`weft: ${summaryText(summary)}\n`);
  } finally {
    clearTimeout(timer);
    forget();
    if (options.output !== '-') output?.end();
  }
}

async function underlayOf(socket: string, device: string | true) {
  const { deviceOf } = await import('../capture/underlay-device.ts');
  const status = await ask<AgentStatusDocument>(socket, 'netweft.agent-status/v1', 'GET', '/v1/status');
  const endpoint = parseEndpoint(status.underlay, UNDERLAY_PORT);
  if (endpoint === undefined) {
    throw new UserError('unreachable', 'the agent has no underlay socket yet', 'ask again when it has started');
  }
  return { device: device === true ? deviceOf(endpoint) : device, endpoint };
}

function requirePipe(path: string, standardOutput: () => Writable): void {
  const output = standardOutput();
  if (path !== '-' || !('isTTY' in output) || output.isTTY !== true) return;
  throw new UserError(
    'invalid',
    'a capture is bytes, and standard output is a terminal',
    'pipe it into wireshark -k -i -, tshark -r - or weft decode -, or name a file',
  );
}

/** Only its owner may read what tenants send. */
function openFile(path: string): Writable {
  try {
    return createWriteStream(path, { fd: openSync(path, 'w', 0o600) });
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? String(error);
    throw new UserError('invalid', `cannot write ${path}: ${code}`, 'choose another with --output');
  }
}

function summaryText({ packets, lost, withoutFate }: CaptureSummary): string {
  const counts = packets.map(({ name, packets: count }) => `${name} ${count}`).join(', ');
  const total = packets.reduce((sum, { packets: count }) => sum + count, 0);
  const notes = [
    ...(withoutFate === 0 ? [] : [`${withoutFate} of which the agent told nothing`]),
    ...(lost === 0 ? [] : [`${lost} lost: they came faster than they were written`]),
  ];
  return [`${formatCount(total, 'packet')} captured (${counts})`, ...notes].join('; ');
}
