import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { Option } from 'commander';
import { adminRequest } from '../admin/client.ts';
import type { AdminDocument } from '../admin/documents.ts';
import { printable } from '../base/printable.ts';
import { pathArgument } from './arguments.ts';
import type { Cli } from './cli.ts';

const RUNTIME_FOLDER = '/run/netweft';

export type Daemon = 'mapper' | 'agent';

/** Where a daemon listens unless it is told otherwise. */
export function defaultSocket(daemon: Daemon): string {
  return join(RUNTIME_FOLDER, `${daemon}.sock`);
}

/**
 * Where commands look for a daemon of this machine: where its service has it, in a folder of its own that is gone when
 * the service is, or else where one that was started by hand listens.
 */
export function usualSocket(daemon: Daemon): string {
  const ofService = join(RUNTIME_FOLDER, daemon, `${daemon}.sock`);
  return existsSync(ofService) ? ofService : defaultSocket(daemon);
}

export interface ReadOptions {
  readonly socket?: string;
  readonly json?: boolean;
}

export function socketOption(daemon: Daemon): Option {
  return new Option(
    '--socket <path>',
    `admin socket of the ${daemon} (default: WEFT_SOCKET, or ${defaultSocket(daemon)})`,
  ).argParser(pathArgument);
}

export function jsonOption(): Option {
  return new Option('--json', 'print the JSON document instead of text');
}

export function chosenSocket(cli: Cli, daemon: Daemon, options: { readonly socket?: string }): string {
  return options.socket ?? (cli.environment['WEFT_SOCKET'] || usualSocket(daemon));
}

/** A document of one schema, or an error that names what came instead. */
export async function ask<D extends AdminDocument>(
  socket: string,
  schema: D['schema'],
  method: 'GET' | 'POST' | 'DELETE',
  path: string,
  body?: unknown,
): Promise<D> {
  const document = await adminRequest(socket, method, path, body);
  if (document.schema !== schema) throw unexpectedDocument(document);
  return document as D;
}

export function unexpectedDocument(document: { readonly schema: string }): Error {
  return new Error(`the daemon answered with ${document.schema}: it and this program are of different versions`);
}

/** Prints the document as it came, for programs, or as text for people. */
export function show<D extends AdminDocument>(
  cli: Cli,
  options: ReadOptions,
  document: D,
  text: (document: D) => string,
) {
  cli.out(options.json ? jsonText(document) : text(document));
}

export function jsonText(document: object): string {
  return `${JSON.stringify(document, null, 2).split('\n').map(printable).join('\n')}\n`;
}
