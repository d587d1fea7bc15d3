import { readFile } from 'node:fs/promises';
import type { Command } from 'commander';
import type { ApplyDocument, ApplyRequest, ApplyResult } from '../../admin/documents.ts';
import { UserError } from '../../base/errors.ts';
import { printable } from '../../base/printable.ts';
import type { Cli } from '../cli.ts';
import { ask, chosenSocket, jsonOption, type ReadOptions, show, socketOption } from '../daemon-socket.ts';
import { type CommandText, describeCommand } from '../describe-command.ts';

const TEXT: CommandText = {
  about: 'All records of the file are written, or none. What the cloud has and the file does not name stays.',
  examples: ['weft apply -f cloud.yaml', 'generate-cloud | weft apply -f -'],
};

/** Characters that may take two seconds to read. */
const LONG_TEXT = 500_000;

const CHANGES: readonly ApplyResult['change'][] = ['created', 'changed', 'unchanged'];

export function addApplyCommand(program: Command, cli: Cli): void {
  describeCommand(program.command('apply'), TEXT)
    .description('create and change the records that a YAML file names')
    .requiredOption('-f, --file <path>', 'the file; - is standard input')
    .addOption(socketOption('mapper'))
    .addOption(jsonOption())
    .action(async (options: ReadOptions & { readonly file: string }) => {
      const { parseCloudFile } = await import('../../model/cloud-file.ts');
      const isInput = options.file === '-';
      const text = isInput ? await cli.readInput() : await readCloudFile(options.file);
      const name = isInput ? 'standard input' : options.file;
      if (text.length > LONG_TEXT && cli.errorsToTerminal) cli.err(`weft: reading ${printable(name)}\n`);
      const request: ApplyRequest = { records: parseCloudFile(text, name, 'part').records };
      const socket = chosenSocket(cli, 'mapper', options);
      show(cli, options, await ask<ApplyDocument>(socket, 'netweft.apply/v1', 'POST', '/v1/apply', request), applyText);
    });
}

async function readCloudFile(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? String(error);
    if (code === 'ENOENT') throw new UserError('not-found', `no such file: ${path}`, 'check the path given with -f');
    throw new UserError('invalid', `cannot read ${path}: ${code}`, 'check the path given with -f');
  }
}

function applyText(document: ApplyDocument): string {
  const lines = document.results.map((result) => `${result.kind}/${result.name} ${result.change}`);
  const counts = CHANGES.map((change) => {
    const count = document.results.filter((result) => result.change === change).length;
    return `${count} ${change}`;
  });
  return `${[...lines, counts.join(', ')].join('\n')}\n`;
}
