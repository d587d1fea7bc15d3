import type { Command } from 'commander';
import pc from 'picocolors';
import type { DropsDocument } from '../../admin/documents.ts';
import type { DropDocument, SuppressedDocument } from '../../admin/stream-documents.ts';
import { printable } from '../../base/printable.ts';
import { formatCount } from '../amounts.ts';
import { integerArgument } from '../arguments.ts';
import type { Cli } from '../cli.ts';
import { ask, chosenSocket, jsonOption, type ReadOptions, show, socketOption } from '../daemon-socket.ts';
import { type CommandText, describeCommand } from '../describe-command.ts';
import { flowText, originText, recordText } from '../fate-text.ts';
import { followEndless } from '../follow-stream.ts';
import { formatTable } from '../table.ts';

const DEFAULT_RATE = 100;
const MAX_RATE = 10_000;

const TEXT: CommandText = {
  about: `
Counts since the agent started. The text names the reasons that occurred; --json names all.

--follow tells each drop as it happens, until Ctrl-C: when, the port or host that the packet came from, its flow, the
reason, and the record that decided, with its generation (the store's incarnation and revision). At most --rate a
second are told one by one; the others are told each second by reason and number.`,
  examples: [
    'weft drops',
    'weft drops --follow',
    'weft drops --follow --port a30 --rate 10',
    "weft drops --json | jq '.reasons[] | select(.packets > 0)'",
    `weft drops --follow --json | jq 'select(.reason == "spoofed-source")'`,
  ],
};

interface DropsOptions extends ReadOptions {
  readonly follow?: boolean;
  readonly rate: number;
  readonly port?: string;
}

export function addDropsCommand(program: Command, cli: Cli): void {
  describeCommand(program.command('drops'), TEXT)
    .description('show how many packets a host dropped, by reason, or each as it happens')
    .option('--follow', 'tell each drop as it happens')
    .option(
      '--rate <n>',
      'with --follow: drops told one by one in a second',
      integerArgument(1, MAX_RATE),
      DEFAULT_RATE,
    )
    .option('--port <name>', 'with --follow: only what the guest behind this port sends')
    .addOption(socketOption('agent'))
    .addOption(jsonOption())
    .action(async (options: DropsOptions, command: Command) => {
      const socket = chosenSocket(cli, 'agent', options);
      if (options.follow) return followDrops(cli, socket, options);
      requireFollow(command);
      show(cli, options, await ask<DropsDocument>(socket, 'netweft.drops/v1', 'GET', '/v1/drops'), (drops) =>
        dropsText(drops, cli.columns),
      );
    });
}

function requireFollow(command: Command): void {
  for (const name of ['rate', 'port']) {
    if (command.getOptionValueSource(name) === 'cli') command.error(`error: --${name} goes with --follow`);
  }
}

function dropsText(document: DropsDocument, columns: number | undefined): string {
  const counted = document.reasons.filter((entry) => entry.packets > 0);
  if (counted.length === 0) return `nothing dropped (${formatCount(document.reasons.length, 'reason')} are counted)\n`;
  const rows = counted.map((entry) => [entry.packets, entry.reason, entry.meaning]);
  return formatTable(['PACKETS', 'REASON', 'MEANING'], rows, undefined, columns);
}

async function followDrops(cli: Cli, socket: string, { rate, port, json }: DropsOptions): Promise<void> {
  const query = new URLSearchParams({ rate: String(rate), ...(port === undefined ? {} : { port }) });
  const { red } = pc.createColors(cli.hasColour);
  await followEndless(cli, socket, `/v1/follow/drops?${query.toString()}`, async (document) => {
    if (json) cli.out(`${printable(JSON.stringify(document))}\n`);
    else if (document.schema === 'netweft.drop/v1') cli.out(`${dropLine(document, red)}\n`);
    else if (document.schema === 'netweft.suppressed/v1') cli.out(`${suppressedLine(document)}\n`);
    await cli.outTaken();
  });
}

function dropLine(drop: DropDocument, paint: (text: string) => string): string {
  const record = recordText(drop);
  const words = [drop.time, originText(drop), flowText(drop.flow)].map(printable);
  const cause = record === undefined ? [] : [`by ${printable(record)}`];
  return [...words, paint(printable(drop.reason ?? '-')), ...cause].join('  ');
}

function suppressedLine({ time, reasons }: SuppressedDocument): string {
  const counts = reasons.map(({ reason, packets }) => `${packets} ${printable(reason)}`);
  return `${printable(time)}  and above the rate: ${counts.join(', ')}`;
}
