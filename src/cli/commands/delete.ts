import type { Command } from 'commander';
import type { DeleteDocument } from '../../admin/documents.ts';
import type { Cli } from '../cli.ts';
import { ask, chosenSocket, jsonOption, type ReadOptions, show, socketOption } from '../daemon-socket.ts';
import { type CommandText, describeCommand } from '../describe-command.ts';
import { readKind } from '../kind-argument.ts';

const TEXT: CommandText = {
  about: 'A record that others refer to is not deleted; delete those first.',
  examples: ['weft delete port a30', 'weft delete guest a-guest-30'],
};

export function addDeleteCommand(program: Command, cli: Cli): void {
  describeCommand(program.command('delete'), TEXT)
    .description('delete one record of the cloud')
    .argument('<kind>', 'kind of the record')
    .argument('<name>', 'its name')
    .addOption(socketOption('mapper'))
    .addOption(jsonOption())
    .action(async (kindText: string, name: string, options: ReadOptions, command: Command) => {
      const kind = await readKind(kindText, command);
      const path = `/v1/records/${kind}/${encodeURIComponent(name)}`;
      const socket = chosenSocket(cli, 'mapper', options);
      const document = await ask<DeleteDocument>(socket, 'netweft.delete/v1', 'DELETE', path);
      show(cli, options, document, (deleted) => `${deleted.kind}/${deleted.name} deleted\n`);
    });
}
