import { join } from 'node:path';
import { type Command, Option } from 'commander';
import type { Endpoint } from '../../base/ipv4.ts';
import { endpointArgument, pathArgument } from '../arguments.ts';
import type { Cli } from '../cli.ts';
import { CONTROL_PORT } from '../default-ports.ts';
import { type CommandText, describeCommand } from '../describe-command.ts';
import { type LogChoice, logFormatOption, logLevelOption, runDaemon, serviceFolder } from '../run-daemon.ts';

const TEXT: CommandText = {
  about: `
Runs in the foreground until SIGTERM or SIGINT. RUNTIME_DIRECTORY and STATE_DIRECTORY, which
systemd sets, replace /run/netweft and /var/lib/netweft.`,
  examples: ['weft mapper', 'weft mapper --listen 198.18.0.254 --database ./mapper.db --socket ./mapper.sock'],
};

interface MapperOptions extends LogChoice {
  readonly listen: Endpoint;
  readonly socket: string;
  readonly database: string;
  readonly restored: boolean;
}

export function addMapperCommand(program: Command, cli: Cli): void {
  describeCommand(program.command('mapper'), TEXT)
    .description('run the mapping daemon')
    .addOption(
      new Option('--listen <address[:port]>', 'where agents reach it, UDP')
        .argParser(endpointArgument(CONTROL_PORT))
        .default({ address: 0, port: CONTROL_PORT }, `0.0.0.0:${CONTROL_PORT}`),
    )
    .option(
      '--socket <path>',
      'its admin socket',
      pathArgument,
      join(serviceFolder(cli, 'RUNTIME_DIRECTORY', '/run/netweft'), 'mapper.sock'),
    )
    .option(
      '--database <path>',
      'its SQLite file',
      pathArgument,
      join(serviceFolder(cli, 'STATE_DIRECTORY', '/var/lib/netweft'), 'mapper.db'),
    )
    .option('--restored', 'once, after the database was put back from a copy', false)
    .addOption(logFormatOption())
    .addOption(logLevelOption())
    .action(async (options: MapperOptions) => {
      const { runMapper } = await import('../../mapper/daemon.ts');
      await runDaemon(cli, 'mapper', options, (log, tellStatus) => runMapper({ ...options, log, tellStatus }));
    });
}
