import { type Command, Option } from 'commander';
import { AGENT_SOCKET, inServiceFolder } from '../../config/service-folders.ts';
import { endpointArgument, listArgument, pathArgument } from '../arguments.ts';
import type { Cli } from '../cli.ts';
import { CONTROL_PORT, UNDERLAY_PORT } from '../default-ports.ts';
import { type CommandText, describeCommand } from '../describe-command.ts';
import { configOption, configuredEndpoint, metricsOption, runConfigured } from '../run-configured.ts';
import { logFormatOption, logLevelOption } from '../run-daemon.ts';

const TEXT: CommandText = {
  about: `
Runs in the foreground until SIGTERM or SIGINT, and needs CAP_NET_ADMIN to make the guests' TUN
devices, and CAP_SYS_ADMIN and CAP_NET_BROADCAST where they go into other network namespaces.
RUNTIME_DIRECTORY, which systemd sets, replaces /run/netweft.

The host, its underlay address and the mapping daemon must be given, by options or by the file of
--config, which has more keys than there are options. SIGHUP reads that file again.`,
  examples: [
    'weft agent --host x --underlay 198.18.0.1 --mapper 198.18.0.254',
    'weft agent --config /etc/netweft/agent.yaml',
    'weft agent --config /etc/netweft/agent.yaml --host y --log-level debug',
  ],
};

export function addAgentCommand(program: Command, cli: Cli): void {
  describeCommand(program.command('agent'), TEXT)
    .description('run the agent of a host')
    .addOption(configOption())
    .option('--host <name>', "the name of the host's record")
    .option('--underlay <address[:port]>', 'where it receives other hosts, UDP', endpointArgument(UNDERLAY_PORT))
    .option('--mapper <address[:port]>', 'the mapping daemon, UDP', endpointArgument(CONTROL_PORT))
    .option(
      '--socket <path>',
      'its admin socket',
      pathArgument,
      inServiceFolder(cli.environment, 'RUNTIME_DIRECTORY', AGENT_SOCKET) ?? AGENT_SOCKET,
    )
    .addOption(new Option('--fast-path <name>', 'what repeats decisions').choices(['reference']).default('reference'))
    .option('--frameworks <names>', 'wire versions that it offers, best first (default: all)', listArgument)
    .addOption(metricsOption())
    .addOption(logFormatOption())
    .addOption(logLevelOption())
    .action(async (_options: unknown, command: Command) => {
      const { AGENT_CONFIG } = await import('../../config/agent-config.ts');
      const { runAgent } = await import('../../agent/daemon.ts');
      await runConfigured(cli, command, AGENT_CONFIG, async (config, log, tellStatus) => {
        const underlay = configuredEndpoint(config.underlay);
        const mapper = configuredEndpoint(config.mapper);
        const agent = await runAgent({ ...config, underlay, mapper, log, tellStatus });
        return {
          ...agent,
          reconfigure: ({ frameworks, limits }) => agent.reconfigure({ frameworks, rates: limits }),
        };
      });
    });
}
