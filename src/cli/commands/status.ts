import type { Command } from 'commander';
import type { AgentStatusDocument, MapperStatusDocument } from '../../admin/documents.ts';
import type { Cli } from '../cli.ts';
import { defaultSocket, jsonOption, type ReadOptions, show, unexpectedDocument } from '../daemon-socket.ts';
import { type CommandText, describeCommand } from '../describe-command.ts';
import { askEither, eitherSocketOption } from '../either-daemon.ts';
import { agentStatusText, mapperStatusText } from '../status-text.ts';

const TEXT: CommandText = {
  about: `
The socket may be a mapping daemon's or an agent's. Without --socket and WEFT_SOCKET it is the
mapping daemon on this machine, and if none answers, the agent.`,
  examples: ['weft status', `weft status --socket ${defaultSocket('agent')} --json`],
};

export function addStatusCommand(program: Command, cli: Cli): void {
  describeCommand(program.command('status'), TEXT)
    .description('show how a mapping daemon or an agent is doing')
    .addOption(eitherSocketOption())
    .addOption(jsonOption())
    .action(async (options: ReadOptions) => show(cli, options, await readStatus(cli, options.socket), statusText));
}

async function readStatus(cli: Cli, socket: string | undefined): Promise<AgentStatusDocument | MapperStatusDocument> {
  const { document } = await askEither(cli, socket, '/v1/status');
  const isStatus = document.schema === 'netweft.mapper-status/v1' || document.schema === 'netweft.agent-status/v1';
  if (!isStatus) throw unexpectedDocument(document);
  return document;
}

function statusText(document: AgentStatusDocument | MapperStatusDocument): string {
  return document.schema === 'netweft.mapper-status/v1' ? mapperStatusText(document) : agentStatusText(document);
}
