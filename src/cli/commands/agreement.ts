import type { Command } from 'commander';
import type { AgreementsDocument } from '../../admin/documents.ts';
import type { Cli } from '../cli.ts';
import { ask, chosenSocket, jsonOption, type ReadOptions, show, socketOption } from '../daemon-socket.ts';
import { type CommandText, describeCommand } from '../describe-command.ts';
import { formatTable } from '../table.ts';

const TEXT: CommandText = {
  about: 'An agreement says which wire version one host uses towards another; each direction has its own.',
  examples: ['weft agreement list', 'weft agreement list --json'],
};

export function addAgreementCommand(program: Command, cli: Cli): void {
  const agreement = program.command('agreement').description('look at what hosts were told to use with each other');
  describeCommand(agreement.command('list'), TEXT)
    .description('list the agreements that the mapping daemon selected')
    .addOption(socketOption('mapper'))
    .addOption(jsonOption())
    .action(async (options: ReadOptions) => {
      const socket = chosenSocket(cli, 'mapper', options);
      const document = await ask<AgreementsDocument>(socket, 'netweft.agreements/v1', 'GET', '/v1/agreements');
      show(cli, options, document, agreementsText);
    });
}

function agreementsText(document: AgreementsDocument): string {
  const rows = document.agreements.map((entry) => [
    entry.id,
    entry.sender,
    entry.receiver,
    entry.framework,
    entry.revision,
  ]);
  return formatTable(['ID', 'SENDER', 'RECEIVER', 'FRAMEWORK', 'REVISION'], rows);
}
