import type { Command } from 'commander';
import type { RecordEntry, RecordsDocument } from '../../admin/documents.ts';
import type { Kind } from '../../model/records.ts';
import type { Cli } from '../cli.ts';
import { ask, chosenSocket, jsonOption, type ReadOptions, show, socketOption } from '../daemon-socket.ts';
import { type CommandText, describeCommand } from '../describe-command.ts';
import { readKind } from '../kind-argument.ts';
import { type Cell, formatTable } from '../table.ts';

const TEXT: CommandText = {
  about: 'Kinds: tenant, network, subnet, host, guest, port; the plural will do as well.',
  examples: ['weft get ports', 'weft get port a30', "weft get hosts --json | jq -r '.records[].spec.underlay'"],
};

/** Fields of the record that are shown, in this order, between its name and its state. */
const FIELDS: { readonly [K in Kind]: readonly string[] } = {
  tenant: ['gni'],
  network: ['tenant', 'mtu', 'labels'],
  subnet: ['network', 'prefix'],
  host: ['underlay'],
  guest: ['tenant'],
  port: ['guest', 'subnet', 'addresses', 'host', 'device'],
};

export function addGetCommand(program: Command, cli: Cli): void {
  describeCommand(program.command('get'), TEXT)
    .description('show records of the cloud')
    .argument('<kind>', 'kind of the records')
    .argument('[name]', 'one record (default: all)')
    .addOption(socketOption('mapper'))
    .addOption(jsonOption())
    .action(async (kindText: string, name: string | undefined, options: ReadOptions, command: Command) => {
      const kind = await readKind(kindText, command);
      const path = name === undefined ? `/v1/records/${kind}` : `/v1/records/${kind}/${encodeURIComponent(name)}`;
      const socket = chosenSocket(cli, 'mapper', options);
      show(cli, options, await ask<RecordsDocument>(socket, 'netweft.records/v1', 'GET', path), recordsText);
    });
}

function recordsText(document: RecordsDocument): string {
  const fields = FIELDS[document.kind];
  const hasState = document.kind === 'host' || document.kind === 'port';
  const titles = ['name', ...fields, ...(hasState ? ['state'] : []), 'revision'].map((title) => title.toUpperCase());
  const rows = document.records.map((record) => [
    record.name,
    ...fields.map((field) => fieldCell(record, field)),
    ...(hasState ? [record.state] : []),
    record.revision,
  ]);
  return formatTable(titles, rows);
}

function fieldCell(record: RecordEntry, field: string): Cell {
  const value = (record.spec as unknown as Readonly<Record<string, string | number | readonly unknown[] | undefined>>)[
    field
  ];
  return typeof value === 'object' ? value.join(',') : value;
}
