import { join } from 'node:path';
import { type Command, Option } from 'commander';
import type { Endpoint } from '../../base/ipv4.ts';
import { printable } from '../../base/printable.ts';
import { endpointArgument, listArgument, pathArgument } from '../arguments.ts';
import type { Cli } from '../cli.ts';
import { CONTROL_PORT, UNDERLAY_PORT } from '../default-ports.ts';
import { type CommandText, describeCommand } from '../describe-command.ts';
import { type LogChoice, logFormatOption, logLevelOption, runDaemon, serviceFolder } from '../run-daemon.ts';

const TEXT: CommandText = {
  about: `
Runs in the foreground until SIGTERM or SIGINT, and needs CAP_NET_ADMIN to make the guests' TUN
devices, and CAP_SYS_ADMIN and CAP_NET_BROADCAST where they go into other network namespaces.
RUNTIME_DIRECTORY, which systemd sets, replaces /run/netweft.`,
  examples: [
    'weft agent --host x --underlay 198.18.0.1 --mapper 198.18.0.254',
    'weft agent --host x --underlay 198.18.0.1:7790 --mapper 198.18.0.254:7791 --log-format json',
  ],
};

interface AgentOptions extends LogChoice {
  readonly host: string;
  readonly underlay: Endpoint;
  readonly mapper: Endpoint;
  readonly socket: string;
  readonly fastPath: 'reference';
  readonly frameworks?: readonly string[];
}

export function addAgentCommand(program: Command, cli: Cli): void {
  describeCommand(program.command('agent'), TEXT)
    .description('run the agent of a host')
    .requiredOption('--host <name>', "the host's record")
    .requiredOption(
      '--underlay <address[:port]>',
      'where it receives other hosts, UDP',
      endpointArgument(UNDERLAY_PORT),
    )
    .requiredOption('--mapper <address[:port]>', 'the mapping daemon, UDP', endpointArgument(CONTROL_PORT))
    .option(
      '--socket <path>',
      'its admin socket',
      pathArgument,
      join(serviceFolder(cli, 'RUNTIME_DIRECTORY', '/run/netweft'), 'agent.sock'),
    )
    .addOption(new Option('--fast-path <name>', 'what repeats decisions').choices(['reference']).default('reference'))
    .option('--frameworks <names>', 'wire versions that it offers, best first (default: all)', listArgument)
    .addOption(logFormatOption())
    .addOption(logLevelOption())
    .action(async (options: AgentOptions, command: Command) => {
      await requireName(options.host, command);
      const { runAgent } = await import('../../agent/daemon.ts');
      await runDaemon(cli, 'agent', options, (log, tellStatus) => runAgent({ ...options, log, tellStatus }));
    });
}

/** Anything that cannot be the name of a record is a usage error of `command`. */
async function requireName(host: string, command: Command): Promise<void> {
  const { NAME_PATTERN, NAME_RULE } = await import('../../model/records.ts');
  if (!new RegExp(NAME_PATTERN).test(host)) {
    command.error(`error: option '--host <name>': '${printable(host)}' is no name of a host; ${NAME_RULE}`);
  }
}
