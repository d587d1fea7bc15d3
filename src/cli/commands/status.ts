import type { Command } from 'commander';
import { adminRequest } from '../../admin/client.ts';
import type { AdminDocument, AgentStatusDocument, MapperStatusDocument } from '../../admin/documents.ts';
import { UserError } from '../../base/errors.ts';
import { pathArgument } from '../arguments.ts';
import type { Cli } from '../cli.ts';
import { defaultSocket, jsonOption, type ReadOptions, show, unexpectedDocument } from '../daemon-socket.ts';
import { type CommandText, describeCommand } from '../describe-command.ts';
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
    .option('--socket <path>', 'admin socket of either', pathArgument)
    .addOption(jsonOption())
    .action(async (options: ReadOptions) => show(cli, options, await readStatus(cli, options.socket), statusText));
}

async function readStatus(cli: Cli, socket: string | undefined): Promise<AgentStatusDocument | MapperStatusDocument> {
  const chosen = socket ?? cli.environment['WEFT_SOCKET'];
  const document = chosen ? await status(chosen) : await eitherStatus();
  const isStatus = document.schema === 'netweft.mapper-status/v1' || document.schema === 'netweft.agent-status/v1';
  if (!isStatus) throw unexpectedDocument(document);
  return document;
}

async function eitherStatus(): Promise<AdminDocument> {
  const sockets = [defaultSocket('mapper'), defaultSocket('agent')];
  for (const socket of sockets) {
    try {
      return await status(socket);
    } catch (error) {
      if (!(error instanceof UserError && error.code === 'unreachable')) throw error;
    }
  }
  throw new UserError(
    'unreachable',
    `no daemon answers on ${sockets.join(' or ')}`,
    'start one, or name its socket with --socket or WEFT_SOCKET',
  );
}

function status(socket: string): Promise<AdminDocument> {
  return adminRequest(socket, 'GET', '/v1/status');
}

function statusText(document: AgentStatusDocument | MapperStatusDocument): string {
  return document.schema === 'netweft.mapper-status/v1' ? mapperStatusText(document) : agentStatusText(document);
}
