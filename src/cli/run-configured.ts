import { type Command, Option } from 'commander';
import { type Endpoint, formatEndpoint, parseEndpoint } from '../base/ipv4.ts';
import type { AdjustableLogger, LogSettings } from '../base/log.ts';
import type { ConfigDefinition } from '../config/config-definition.ts';
import { type ConfigKey, type ConfigValue, shownValue } from '../config/config-keys.ts';
import type { LoadedConfig } from '../config/load-config.ts';
import { pathArgument } from './arguments.ts';
import type { Cli } from './cli.ts';
import { type RunningDaemon, runDaemon, type TellStatus } from './run-daemon.ts';

/** A daemon that takes another configuration, of which only reloadable keys have changed. */
export interface ConfigurableDaemon<C> extends RunningDaemon {
  /** Throws UserError, and changes nothing, where it cannot. */
  reconfigure(config: C): void;
}

export function configOption(): Option {
  return new Option('--config <file>', 'its configuration, YAML; options override it').argParser(pathArgument);
}

export function metricsOption(): Option {
  return new Option('--metrics <unix:path|address:port>', 'where it serves metrics (default: nowhere)');
}

/** An endpoint as a configuration has it, which is always with its port. */
export function configuredEndpoint(text: string): Endpoint {
  const endpoint = parseEndpoint(text, 0);
  if (endpoint === undefined) throw new Error(`${text} passed the schema and is no endpoint`);
  return endpoint;
}

/**
 * Runs a daemon with what the options of `command` and the file of its `--config` say. SIGHUP reads
 * the file again; the options and the environment stay what they were.
 */
export async function runConfigured<C extends { readonly log: LogSettings }>(
  cli: Cli,
  command: Command,
  definition: ConfigDefinition<C>,
  start: (config: C, log: AdjustableLogger, tellStatus: TellStatus) => Promise<ConfigurableDaemon<C>>,
): Promise<void> {
  const { config: path } = command.opts<{ config?: string }>();
  const load = await configLoader(cli, command, definition, path);
  let loaded = await load();
  if (path === undefined) requireAll(command, loaded.missing);
  const { log: logChoice } = loaded.config;
  await runDaemon(cli, definition.daemon, logChoice, async (log, tellStatus) => {
    const daemon = await start(loaded.config, log, tellStatus);
    if (path === undefined) return daemon;
    return {
      ...daemon,
      async reload() {
        const { changedSettings } = await import('../config/reload-changes.ts');
        const next = await load(loaded);
        const changed = changedSettings(loaded.settings, next.settings);
        daemon.reconfigure(next.config);
        log.adjust(next.config.log);
        loaded = next;
        (daemon.log ?? log).info('reloaded', { file: path, changed: changed.map(({ key }) => key.path) });
      },
    };
  });
}

type Load<C> = (running?: LoadedConfig<C>) => Promise<LoadedConfig<C>>;

async function configLoader<C>(
  cli: Cli,
  command: Command,
  definition: ConfigDefinition<C>,
  path: string | undefined,
): Promise<Load<C>> {
  const { loadConfig } = await import('../config/load-config.ts');
  const { readConfigFile } = await import('../config/read-config-file.ts');
  const options = optionValues(command, definition);
  return async (running) => {
    const file = path === undefined ? undefined : { name: path, text: await readConfigFile(path) };
    const scope = path === undefined ? 'part' : 'whole';
    const sources = { file, options, environment: cli.environment };
    return loadConfig(definition, sources, { scope, running: running?.settings ?? [] });
  };
}

/** What the command line gives, by the path of the key; what cannot be is a usage error. */
function optionValues<C>(command: Command, definition: ConfigDefinition<C>): ReadonlyMap<string, ConfigValue> {
  const values = new Map<string, ConfigValue>();
  for (const key of definition.keys) {
    const option = command.options.find(({ flags }) => flags === key['x-option']);
    if (option === undefined || command.getOptionValueSource(option.attributeName()) !== 'cli') continue;
    const value = fileForm(key, command.getOptionValue(option.attributeName()) as ConfigValue | Endpoint);
    // A path on the command line may be relative to where it is typed; in a file that means nothing.
    const isPath = key['x-folder'] !== undefined;
    if (!isPath && definition.isWrong(key, value)) refuseOption(command, key, value);
    values.set(key.path, value);
  }
  return values;
}

function fileForm(key: ConfigKey, value: ConfigValue | Endpoint): ConfigValue {
  return key['x-port'] === undefined ? (value as ConfigValue) : formatEndpoint(value as Endpoint);
}

function refuseOption(command: Command, key: ConfigKey, value: ConfigValue): never {
  const wanted = `It must be ${key.description}.`;
  return command.error(`error: option '${key['x-option']}' argument '${shownValue(value)}' is invalid. ${wanted}`);
}

function requireAll(command: Command, missing: readonly ConfigKey[]): void {
  if (missing.length === 0) return;
  const flags = missing.map((key) => `'${key['x-option']}'`).join(' and ');
  const keys = missing.map(({ path }) => `"${path}"`).join(' and ');
  const options = missing.length === 1 ? 'required option' : 'required options';
  command.error(
    `error: ${options} ${flags} not specified; give --config and a file with ${keys}, or see weft help ${command.name()}`,
  );
}
