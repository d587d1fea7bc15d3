import type { Command } from 'commander';
import type { PortsDocument } from '../../admin/documents.ts';
import { printable } from '../../base/printable.ts';
import type { Cli } from '../cli.ts';
import { ask, chosenSocket, jsonOption, type ReadOptions, show, socketOption } from '../daemon-socket.ts';
import { type CommandText, describeCommand } from '../describe-command.ts';
import { formatTable } from '../table.ts';

const TEXT: CommandText = {
  examples: ['weft port list', `weft port list --json | jq -r '.ports[] | select(.state != "up") | .name'`],
};

export function addPortCommand(program: Command, cli: Cli): void {
  const port = program.command('port').description('look at the ports of a host');
  describeCommand(port.command('list'), TEXT)
    .description('list the ports that an agent owns')
    .addOption(socketOption('agent'))
    .addOption(jsonOption())
    .action(async (options: ReadOptions) => {
      const socket = chosenSocket(cli, 'agent', options);
      show(cli, options, await ask<PortsDocument>(socket, 'netweft.ports/v1', 'GET', '/v1/ports'), portsText);
    });
}

function portsText(document: PortsDocument): string {
  const titles = ['NAME', 'STATE', 'DEVICE', 'NAMESPACE', 'GNI', 'ADDRESSES', 'MTU', 'FLOWS'];
  const rows = document.ports.map((port) => [
    port.name,
    port.state,
    port.device,
    port.namespace,
    port.gni,
    port.addresses.join(','),
    port.mtu,
    port.flows,
  ]);
  return `${formatTable(titles, rows)}${troubles(document)}`;
}

/** Why ports are not up, a line each. */
function troubles(document: PortsDocument): string {
  const lines = document.ports
    .filter(({ state, trouble }) => state !== 'up' && trouble !== undefined)
    .map(({ name, trouble = '' }) => `${printable(name)}: ${printable(trouble)}\n`);
  return lines.length === 0 ? '' : `\n${lines.join('')}`;
}
