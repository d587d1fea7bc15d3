import { type Command, Option } from 'commander';
import { inServiceFolder, MAPPER_DATABASE, MAPPER_SOCKET } from '../../config/service-folders.ts';
import { endpointArgument, pathArgument } from '../arguments.ts';
import type { Cli } from '../cli.ts';
import { CONTROL_PORT } from '../default-ports.ts';
import { type CommandText, describeCommand } from '../describe-command.ts';
import { configOption, configuredEndpoint, metricsOption, runConfigured } from '../run-configured.ts';
import { logFormatOption, logLevelOption } from '../run-daemon.ts';

const TEXT: CommandText = {
  about: `
Runs in the foreground until SIGTERM or SIGINT. RUNTIME_DIRECTORY and STATE_DIRECTORY, which
systemd sets, replace /run/netweft and /var/lib/netweft.

The file of --config has more keys than there are options. SIGHUP reads it again.`,
  examples: [
    'weft mapper',
    'weft mapper --config /etc/netweft/mapper.yaml',
    'weft mapper --listen 198.18.0.254 --database ./mapper.db --socket ./mapper.sock',
  ],
};

export function addMapperCommand(program: Command, cli: Cli): void {
  const { environment } = cli;
  describeCommand(program.command('mapper'), TEXT)
    .description('run the mapping daemon')
    .addOption(configOption())
    .addOption(
      new Option('--listen <address[:port]>', 'where agents reach it, UDP')
        .argParser(endpointArgument(CONTROL_PORT))
        .default({ address: 0, port: CONTROL_PORT }, `0.0.0.0:${CONTROL_PORT}`),
    )
    .option(
      '--socket <path>',
      'its admin socket',
      pathArgument,
      inServiceFolder(environment, 'RUNTIME_DIRECTORY', MAPPER_SOCKET) ?? MAPPER_SOCKET,
    )
    .option(
      '--database <path>',
      'its SQLite file',
      pathArgument,
      inServiceFolder(environment, 'STATE_DIRECTORY', MAPPER_DATABASE) ?? MAPPER_DATABASE,
    )
    .option('--restored', 'once, after the database was put back from a copy', false)
    .addOption(metricsOption())
    .addOption(logFormatOption())
    .addOption(logLevelOption())
    .action(async ({ restored }: { readonly restored: boolean }, command: Command) => {
      const { MAPPER_CONFIG } = await import('../../config/mapper-config.ts');
      const { runMapper } = await import('../../mapper/daemon.ts');
      await runConfigured(cli, command, MAPPER_CONFIG, async (config, log, tellStatus) => {
        const listen = configuredEndpoint(config.listen);
        const mapper = await runMapper({ ...config, listen, restored, log, tellStatus });
        return { ...mapper, reconfigure: ({ limits }) => mapper.setLimits(limits) };
      });
    });
}
