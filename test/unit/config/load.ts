import { UserError } from '../../../src/base/errors.ts';
import { AGENT_CONFIG, type AgentConfig } from '../../../src/config/agent-config.ts';
import type { Setting } from '../../../src/config/combine.ts';
import type { ConfigDefinition } from '../../../src/config/config-definition.ts';
import type { ConfigValue } from '../../../src/config/config-keys.ts';
import { type LoadedConfig, loadConfig } from '../../../src/config/load-config.ts';
import { MAPPER_CONFIG, type MapperConfig } from '../../../src/config/mapper-config.ts';

export const MINIMAL = 'host: x\nunderlay: 198.18.0.1\nmapper: 198.18.0.254\n';

export interface Given {
  readonly options?: Readonly<Record<string, ConfigValue>>;
  readonly environment?: Readonly<Record<string, string>>;
  readonly scope?: 'whole' | 'part';
  readonly running?: readonly Setting[];
}

export function loadAgent(text: string, given: Given = {}): LoadedConfig<AgentConfig> {
  return load(AGENT_CONFIG, text, given);
}

export function loadMapper(text: string, given: Given = {}): LoadedConfig<MapperConfig> {
  return load(MAPPER_CONFIG, text, given);
}

function load<C>(definition: ConfigDefinition<C>, text: string, given: Given): LoadedConfig<C> {
  const { options = {}, environment = {}, scope = 'whole', running = [] } = given;
  const file = { name: 'c.yaml', text };
  return loadConfig(definition, { file, options: new Map(Object.entries(options)), environment }, { scope, running });
}

/** The lines of the refusal; none where there is none. */
export function problemsOf(run: () => unknown): string[] {
  try {
    run();
  } catch (error) {
    if (error instanceof UserError) return error.message.split('\n');
    throw error;
  }
  return [];
}

export function sourceOf({ settings }: LoadedConfig<unknown>, path: string): string | undefined {
  return settings.find(({ key }) => key.path === path)?.source;
}
