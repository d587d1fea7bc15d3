import type { Command } from 'commander';
import pc from 'picocolors';
import type { FlowEntry, FlowsDocument } from '../../admin/documents.ts';
import { formatCount, formatSpan } from '../amounts.ts';
import { integerArgument } from '../arguments.ts';
import type { Cli } from '../cli.ts';
import { ask, chosenSocket, jsonOption, type ReadOptions, show, socketOption } from '../daemon-socket.ts';
import { type CommandText, describeCommand } from '../describe-command.ts';
import { protocolName } from '../protocol-name.ts';
import { formatTable } from '../table.ts';

const DEFAULT_LIMIT = 50;
const MAX_LIMIT = 1_000_000;

const TEXT: CommandText = {
  about: 'The most recently used flows come first.',
  examples: ['weft flow list', `weft flow list --limit 1000 --json | jq '.flows[] | select(.outcome == "drop")'`],
};

export function addFlowCommand(program: Command, cli: Cli): void {
  const flow = program.command('flow').description('look at the flow table of a host');
  describeCommand(flow.command('list'), TEXT)
    .description('list the flows whose decision is kept')
    .option('--limit <n>', 'flows to show', integerArgument(1, MAX_LIMIT), DEFAULT_LIMIT)
    .addOption(socketOption('agent'))
    .addOption(jsonOption())
    .action(async (options: ReadOptions & { readonly limit: number }) => {
      const socket = chosenSocket(cli, 'agent', options);
      const path = `/v1/flows?limit=${options.limit}`;
      const document = await ask<FlowsDocument>(socket, 'netweft.flows/v1', 'GET', path);
      show(cli, options, document, (flows) => flowsText(flows, pc.createColors(cli.hasColour).red));
    });
}

function flowsText(document: FlowsDocument, paintDrop: (text: string) => string): string {
  const titles = ['FROM', 'PROTO', 'SOURCE', 'DESTINATION', 'OUTCOME', 'PACKETS', 'IDLE', 'AGREEMENT'];
  const rows = document.flows.map((flow) => [
    flow.ingress,
    protocolName(flow.protocol),
    withPort(flow.source, flow.sourcePort),
    withPort(flow.destination, flow.destinationPort),
    outcomeText(flow),
    flow.packets,
    formatSpan(flow.idleMs),
    flow.agreement === undefined ? undefined : `${flow.agreement} ${flow.framework ?? ''}`.trimEnd(),
  ]);
  const table = formatTable(titles, rows, (row) => (String(row[4]).startsWith('drop') ? paintDrop : undefined));
  const hidden = document.total - document.shown;
  return hidden > 0 ? `${table}${formatCount(hidden, 'further flow')}; --limit shows more\n` : table;
}

function withPort(address: string, port: number | undefined): string {
  return port === undefined ? address : `${address}:${port}`;
}

function outcomeText(flow: FlowEntry): string {
  return [flow.outcome, flow.to ?? flow.reason].filter((word) => word !== undefined).join(' ');
}
