import { setTimeout as sleep } from 'node:timers/promises';
import type { Command } from 'commander';
import pc from 'picocolors';
import type { FlowEntry, FlowsDocument } from '../../admin/documents.ts';
import { printable } from '../../base/printable.ts';
import { integerArgument } from '../arguments.ts';
import type { Cli } from '../cli.ts';
import { ask, chosenSocket, jsonOption, type ReadOptions, show, socketOption } from '../daemon-socket.ts';
import { type CommandText, describeCommand } from '../describe-command.ts';
import { flowName, flowsText } from '../flow-table.ts';

const DEFAULT_LIMIT = 50;
const MAX_LIMIT = 1_000_000;
const DEFAULT_WATCH_SECONDS = 2;
const MAX_WATCH_SECONDS = 3600;
/** To the upper left corner, and clear what is below. */
const CLEAR_SCREEN = '\u001b[H\u001b[J';

const TEXT: CommandText = {
  about: `
The most recently used flows come first.

--watch shows them again every two seconds, or so many as it is given, with the packets per second since the last time,
until Ctrl-C; with --json it prints one document a line.`,
  examples: [
    'weft flow list',
    'weft flow list --watch 1',
    `weft flow list --limit 1000 --json | jq '.flows[] | select(.outcome == "drop")'`,
  ],
};

interface FlowOptions extends ReadOptions {
  readonly limit: number;
  readonly watch?: number | true;
}

export function addFlowCommand(program: Command, cli: Cli): void {
  const flow = program.command('flow').description('look at the flow table of a host');
  describeCommand(flow.command('list'), TEXT)
    .description('list the flows whose decision is kept')
    .option('--limit <n>', 'flows to show', integerArgument(1, MAX_LIMIT), DEFAULT_LIMIT)
    .option('--watch [seconds]', 'show them again and again', integerArgument(1, MAX_WATCH_SECONDS))
    .addOption(socketOption('agent'))
    .addOption(jsonOption())
    .action(async (options: FlowOptions) => {
      const socket = chosenSocket(cli, 'agent', options);
      const read = () => ask<FlowsDocument>(socket, 'netweft.flows/v1', 'GET', `/v1/flows?limit=${options.limit}`);
      if (options.watch !== undefined) return watchFlows(cli, options, read);
      show(cli, options, await read(), (document) => flowsText(document, pc.createColors(cli.hasColour).red));
    });
}

async function watchFlows(cli: Cli, options: FlowOptions, read: () => Promise<FlowsDocument>): Promise<void> {
  const seconds = options.watch === true || options.watch === undefined ? DEFAULT_WATCH_SECONDS : options.watch;
  const { signal, abort } = endingWith(cli);
  const textOf = options.json ? jsonLine : tables(cli);
  try {
    while (!signal.aborted) {
      cli.out(textOf(await read()));
      await cli.outTaken();
      await sleep(seconds * 1000, undefined, { signal }).catch(() => {});
    }
  } finally {
    abort();
  }
}

/** Aborts at SIGTERM and SIGINT; `abort` also ends the listening. */
function endingWith(cli: Cli): { signal: AbortSignal; abort: () => void } {
  const ending = new AbortController();
  const forget = cli.onStopSignal(() => ending.abort());
  return {
    signal: ending.signal,
    abort: () => {
      forget();
      ending.abort();
    },
  };
}

function jsonLine(document: FlowsDocument): string {
  return `${printable(JSON.stringify(document))}\n`;
}

/** One table after the other: in the place of the one before on a terminal, else after an empty line. */
function tables(cli: Cli): (document: FlowsDocument) => string {
  const { red } = pc.createColors(cli.hasColour);
  let before: ReadonlyMap<string, number> | undefined;
  let readAt = 0;
  return (document) => {
    const now = performance.now();
    const span = (now - readAt) / 1000;
    const rateOf = (flow: FlowEntry) => (before === undefined ? undefined : packetsSince(before, flow) / span);
    const separator = cli.hasColour ? CLEAR_SCREEN : before === undefined ? '' : '\n';
    const text = `${separator}${flowsText(document, red, rateOf)}`;
    before = new Map(document.flows.map((flow) => [flowName(flow), flow.packets]));
    readAt = now;
    return text;
  };
}

/** A flow that was forgotten in between counts anew. */
function packetsSince(before: ReadonlyMap<string, number>, flow: FlowEntry): number {
  const earlier = before.get(flowName(flow)) ?? 0;
  return flow.packets < earlier ? flow.packets : flow.packets - earlier;
}
