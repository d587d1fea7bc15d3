import type { Command } from 'commander';
import type { DropsDocument } from '../../admin/documents.ts';
import { formatCount } from '../amounts.ts';
import type { Cli } from '../cli.ts';
import { ask, chosenSocket, jsonOption, type ReadOptions, show, socketOption } from '../daemon-socket.ts';
import { type CommandText, describeCommand } from '../describe-command.ts';
import { formatTable } from '../table.ts';

const TEXT: CommandText = {
  about: 'Counts since the agent started. The text names the reasons that occurred; --json names all.',
  examples: ['weft drops', "weft drops --json | jq '.reasons[] | select(.packets > 0)'"],
};

export function addDropsCommand(program: Command, cli: Cli): void {
  describeCommand(program.command('drops'), TEXT)
    .description('show how many packets a host dropped, by reason')
    .addOption(socketOption('agent'))
    .addOption(jsonOption())
    .action(async (options: ReadOptions) => {
      const socket = chosenSocket(cli, 'agent', options);
      show(cli, options, await ask<DropsDocument>(socket, 'netweft.drops/v1', 'GET', '/v1/drops'), dropsText);
    });
}

function dropsText(document: DropsDocument): string {
  const counted = document.reasons.filter((entry) => entry.packets > 0);
  if (counted.length === 0) return `nothing dropped (${formatCount(document.reasons.length, 'reason')} are counted)\n`;
  const rows = counted.map((entry) => [entry.packets, entry.reason, entry.meaning]);
  return formatTable(['PACKETS', 'REASON', 'MEANING'], rows);
}
