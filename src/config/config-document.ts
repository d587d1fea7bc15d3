import type { Setting, SettingSource } from './combine.ts';
import type { ConfigValue } from './config-keys.ts';
import type { ConfiguredDaemon } from './config-definition.ts';

/** `weft config check --json`. */
export interface ConfigCheckDocument {
  readonly schema: 'netweft.config-check/v1';
  readonly daemon: ConfiguredDaemon;
  /** As it was given. */
  readonly file: string;
  /** One for each key, in the order of the manual. */
  readonly settings: readonly CheckedSetting[];
}

export interface CheckedSetting {
  /** Such as `log.level`. */
  readonly key: string;
  /** Absent where there is none. */
  readonly value?: ConfigValue;
  /** `none`: it has no value; where it is `required`, an option must give one. */
  readonly source: SettingSource;
  /** In the file, from 1; only of values from there. */
  readonly line?: number;
  readonly column?: number;
  readonly required: boolean;
  /** Whether a running daemon takes a change at SIGHUP. */
  readonly reloadable: boolean;
}

export function configCheckDocument(
  daemon: ConfiguredDaemon,
  file: string,
  settings: readonly Setting[],
): ConfigCheckDocument {
  return { schema: 'netweft.config-check/v1', daemon, file, settings: settings.map(checked) };
}

function checked({ key, value, source, place }: Setting): CheckedSetting {
  return {
    key: key.path,
    ...(value === undefined ? {} : { value }),
    source,
    ...(place === undefined ? {} : { line: place.line, column: place.column }),
    required: key.isRequired,
    reloadable: key['x-reloadable'],
  };
}
