import type { Writable } from 'node:stream';
import { type Command, Option } from 'commander';
import type { AgentStatusDocument } from '../../admin/documents.ts';
import { UserError } from '../../base/errors.ts';
import { parseEndpoint } from '../../base/ipv4.ts';
import { formatCount } from '../amounts.ts';
import { integerArgument, pathArgument, spanArgument } from '../arguments.ts';
import type { CaptureSummary } from '../capture/run-capture.ts';
import type { Cli } from '../cli.ts';
import { UNDERLAY_PORT } from '../default-ports.ts';
import { ask, chosenSocket, type ReadOptions, socketOption } from '../daemon-socket.ts';
import { type CommandText, describeCommand } from '../describe-command.ts';
import { errorText } from '../error-text.ts';
import { EXIT } from '../exit-status.ts';

const MAX_SNAP_BYTES = 262_144;
const MAX_FOR_MS = 86_400_000;
const MAX_COUNT = 1_000_000_000;

const TEXT: CommandText = {
  about: `
Writes pcapng with an interface for each port and one for the underlay, and with nanoseconds. Each packet has a comment:
its verdict and, where it was dropped, the reason; the GNIs; the agreement and framework; the record that decided and
its generation. Guests' packets come from the agent, those of the underlay from the device through libpcap: run it in
the network namespace of the agent, as root. It ends at Ctrl-C, or after --count or --for.

A datagram on the device of which the agent told nothing within a second was not received by it, waits for a mapping, or
the capture lost what was told; its comment says so. Times of guests' packets are when their fate was known, those of the
underlay when they were read; with both, packets wait up to a second for their place in the order of times. What comes
faster than it is written is lost, and counted for each interface, in the file and at the end.

A file becomes its owner's alone; a link to one is refused. A named pipe is written once somebody reads it.`,
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
    .option('--for <time>', 'end after so long, such as 30s or 5m', spanArgument(MAX_FOR_MS))
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
  const ending = new AbortController();
  const openOutput = async () => {
    const { openOutput: open } = await import('../capture/open-output.ts');
    output = options.output === '-' ? standardOutput() : await open(options.output, ending.signal);
    return output;
  };
  const forget = cli.onStopSignal(() => ending.abort());
  const timer = setTimeout(() => ending.abort(), options.for ?? 0);
  if (options.for === undefined) clearTimeout(timer);
  const what = [...ports, ...(underlay === undefined ? [] : [`underlay ${underlay.device}`])].join(', ');
  const started = () => cli.err(`weft: capturing ${what}; Ctrl-C ends it\n`);
  try {
    const { count: maxPackets = Number.POSITIVE_INFINITY, snap: snapLength = MAX_SNAP_BYTES } = options;
    const { signal } = ending;
    const summary = await runCapture({ socket, ports, underlay, snapLength, maxPackets, openOutput, signal, started });
    cli.err(`weft: ${summaryText(summary)}\n`);
    if (!summary.isWhole) endWithoutRest(cli, output);
    else if (summary.isBrokenOff) throw brokenOff();
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

/** What waits for a reader that takes nothing would keep the process from ending. */
function endWithoutRest(cli: Cli, output: Writable | undefined): void {
  output?.destroy();
  const hint = 'the packets up to there are whole';
  const message = 'the capture lacks its end: what reads it took nothing of it for 2 seconds';
  cli.err(errorText(new UserError('unfinished', message, hint)));
  cli.exitCode = EXIT.failed;
  cli.exit(EXIT.failed);
}

function brokenOff(): UserError {
  const hint = 'it stopped, or nothing was read here for too long; what was captured until then is written';
  return new UserError('unfinished', 'the agent ended the stream', hint);
}

function summaryText(summary: CaptureSummary): string {
  const { interfaces, lostSomewhere, lostVerdicts, withoutFate } = summary;
  const counts = interfaces.map(({ name, packets }) => `${name} ${packets}`).join(', ');
  const total = interfaces.reduce((sum, { packets }) => sum + packets, 0);
  const losses = interfaces.filter(({ lost }) => lost > 0).map(({ name, lost }) => `${name} ${lost}`);
  if (lostSomewhere > 0) losses.push(`somewhere ${lostSomewhere}`);
  const notes = [
    ...(withoutFate === 0 ? [] : [`${withoutFate} of which the agent told nothing`]),
    ...(losses.length === 0 ? [] : [`lost, as they came faster than they were written: ${losses.join(', ')}`]),
    ...(lostVerdicts === 0 ? [] : [`${formatCount(lostVerdicts, 'verdict')} lost`]),
  ];
  return [`${formatCount(total, 'packet')} captured (${counts})`, ...notes].join('; ');
}
