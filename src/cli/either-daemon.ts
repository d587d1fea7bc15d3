import { Option } from 'commander';
import { adminRequest } from '../admin/client.ts';
import type { AdminDocument } from '../admin/documents.ts';
import { UserError } from '../base/errors.ts';
import { pathArgument } from './arguments.ts';
import type { Cli } from './cli.ts';
import { usualSocket } from './daemon-socket.ts';

export interface EitherAnswer {
  /** Where it came from. */
  readonly socket: string;
  readonly document: AdminDocument;
}

/** For commands that ask a mapping daemon or an agent, whichever is there. */
export function eitherSocketOption(): Option {
  return new Option('--socket <path>', 'admin socket of either').argParser(pathArgument);
}

/** Asks the daemon on the chosen socket; without a choice the mapping daemon on this machine, then the agent. */
export async function askEither(cli: Cli, chosen: string | undefined, path: string): Promise<EitherAnswer> {
  const socket = chosen ?? cli.environment['WEFT_SOCKET'];
  return socket ? read(socket, path) : readFirst([usualSocket('mapper'), usualSocket('agent')], path);
}

async function readFirst(sockets: readonly string[], path: string): Promise<EitherAnswer> {
  for (const socket of sockets) {
    try {
      return await read(socket, path);
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

async function read(socket: string, path: string): Promise<EitherAnswer> {
  return { socket, document: await adminRequest(socket, 'GET', path) };
}
