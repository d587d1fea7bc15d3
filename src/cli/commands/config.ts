import { Argument, type Command, Option } from 'commander';
import type { ConfigCheckDocument, CheckedSetting } from '../../config/config-document.ts';
import type { ConfigDefinition, ConfiguredDaemon } from '../../config/config-definition.ts';
import type { Cli } from '../cli.ts';
import { jsonOption, jsonText } from '../daemon-socket.ts';
import { type CommandText, describeCommand } from '../describe-command.ts';
import { formatTable } from '../table.ts';

const DAEMONS: readonly ConfiguredDaemon[] = ['agent', 'mapper'];

const CHECK: CommandText = {
  about: `
Reads the file as the daemon would, and names every problem by its line and column. Prints the value of each key and
where it comes from: the file, RUNTIME_DIRECTORY or STATE_DIRECTORY of the environment, or the default. A key that must
have a value and has none is left to the options of the daemon.`,
  examples: ['weft config check /etc/netweft/agent.yaml', 'weft config check --for mapper mapper.yaml --json'],
};

const SCHEMA: CommandText = {
  about: 'The schema is of draft 2020-12. Editors complete and check a file that names it.',
  examples: ['weft config schema agent > agent.schema.json'],
};

interface CheckOptions {
  readonly for?: ConfiguredDaemon;
  readonly json?: boolean;
}

export function addConfigCommand(program: Command, cli: Cli): void {
  const config = describeCommand(program.command('config'), {
    examples: [...CHECK.examples, ...SCHEMA.examples],
  }).description('configuration files of the daemons');
  describeCommand(config.command('check'), CHECK)
    .description('say what is wrong with a file, or what it means')
    .argument('<file>', 'configuration file')
    .addOption(new Option('--for <daemon>', 'whose it is (default: what its key `config` says)').choices(DAEMONS))
    .addOption(jsonOption())
    .action((file: string, options: CheckOptions) => check(cli, file, options));
  describeCommand(config.command('schema'), SCHEMA)
    .description('print the JSON Schema of the files of a daemon')
    .addArgument(new Argument('<daemon>', 'whose files').choices(DAEMONS))
    .action(async (daemon: ConfiguredDaemon) => {
      const { jsonSchema } = await import('../../config/json-schema.ts');
      cli.out(jsonText(jsonSchema(await definitionOf(daemon))));
    });
}

async function check(cli: Cli, path: string, options: CheckOptions): Promise<void> {
  const { configCheckDocument } = await import('../../config/config-document.ts');
  const { loadConfig } = await import('../../config/load-config.ts');
  const { daemonOfConfig } = await import('../../config/parse-config.ts');
  const { readConfigFile } = await import('../../config/read-config-file.ts');
  const text = await readConfigFile(path);
  const daemon = options.for ?? daemonOfConfig(path, text);
  const sources = { file: { name: path, text }, options: new Map(), environment: cli.environment };
  const { settings } = loadConfig(await definitionOf(daemon), sources, { scope: 'part' });
  const document = configCheckDocument(daemon, path, settings);
  cli.out(options.json ? jsonText(document) : checkText(document));
}

async function definitionOf(daemon: ConfiguredDaemon): Promise<ConfigDefinition<unknown>> {
  if (daemon === 'agent') return (await import('../../config/agent-config.ts')).AGENT_CONFIG;
  return (await import('../../config/mapper-config.ts')).MAPPER_CONFIG;
}

function checkText({ settings }: ConfigCheckDocument): string {
  const rows = settings.map((setting) => [
    setting.key,
    typeof setting.value === 'object' ? setting.value.join(',') : setting.value,
    sourceText(setting),
    setting.reloadable ? 'yes' : 'no',
  ]);
  return formatTable(['KEY', 'VALUE', 'FROM', 'RELOADABLE'], rows);
}

function sourceText({ source, line, required }: CheckedSetting): string | undefined {
  if (source === 'file') return `line ${line}`;
  if (source === 'none') return required ? 'an option, which is needed' : undefined;
  return source;
}
