import type { ConfigDefinition } from './config-definition.ts';

/** The JSON Schema of a daemon's configuration file, for editors and other programs. */
export function jsonSchema<C>({ fileSchema }: ConfigDefinition<C>): object {
  return { $schema: 'https://json-schema.org/draft/2020-12/schema', ...fileSchema };
}
