import type { TSchema } from 'typebox';
import { compileSchemaCheck, type SchemaProblem } from '../model/schema-problems.ts';
import { type ConfigKey, configKeys } from './config-keys.ts';

export type ConfiguredDaemon = 'agent' | 'mapper';

/** A rule between keys. */
export interface ConfigRule<C> {
  /** The key that is named as wrong. */
  readonly key: string;
  /** What is wrong, or nothing. */
  message(config: C): string | undefined;
}

/** Everything that is known of one daemon's configuration file. */
export interface ConfigDefinition<C> {
  readonly daemon: ConfiguredDaemon;
  /** A JSON Schema of the file: without required keys, since options may give those. */
  readonly fileSchema: TSchema;
  readonly keys: readonly ConfigKey[];
  readonly rules: readonly ConfigRule<C>[];
  /** What is wrong with the content of a file, rules between keys apart. */
  problems(content: unknown): SchemaProblem[];
  /** Whether the key may not have this value. */
  isWrong(key: ConfigKey, value: unknown): boolean;
}

/** `schema` is of the whole configuration, all that must have a value being required. */
export function defineConfig<C>(
  daemon: ConfiguredDaemon,
  schema: TSchema,
  rules: readonly ConfigRule<C>[],
): ConfigDefinition<C> {
  const fileSchema = withoutRequired(schema) as TSchema;
  const problems = compileSchemaCheck(fileSchema);
  return {
    daemon,
    fileSchema,
    keys: configKeys(schema),
    rules,
    problems,
    isWrong: (key, value) => problems(nested(key.path, value)).length > 0,
  };
}

/** `log.level` as `level` of `log`. */
function nested(path: string, value: unknown): unknown {
  return path
    .split('.')
    .toReversed()
    .reduce((inner, name) => ({ [name]: inner }), value);
}

function withoutRequired(schema: object): object {
  const { required: _, properties, ...rest } = schema as { required?: unknown; properties?: Record<string, object> };
  if (properties === undefined) return rest;
  const entries = Object.entries(properties).map(([key, node]) => [key, withoutRequired(node)]);
  return { ...rest, properties: Object.fromEntries(entries) as object };
}
