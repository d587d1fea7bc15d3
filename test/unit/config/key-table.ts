import type { ConfigDefinition } from '../../../src/config/config-definition.ts';
import { type ConfigKey, shownValue } from '../../../src/config/config-keys.ts';

/** The table of `docs/configuration.md`. */
export function keyTable(definition: ConfigDefinition<never>): string {
  const rows = definition.keys.map((key) => [
    `\`${key.path}\``,
    key.title,
    key.description,
    defaultOf(key),
    optionOf(key),
    key['x-reloadable'] ? 'yes' : 'no',
  ]);
  const titles = ['key', 'meaning', 'must be', 'default', 'option', 'reloadable'];
  return [titles, titles.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

function defaultOf(key: ConfigKey): string {
  const { 'x-folder': folder, default: usual } = key;
  if (usual === undefined) return key.isRequired ? 'none: it must be given' : 'none';
  return folder === undefined
    ? `\`${shownValue(usual)}\``
    : `\`${shownValue(usual)}\`, in \`$${folder}\` where it is set`;
}

function optionOf({ 'x-option': option = '' }: ConfigKey): string {
  const [flag = ''] = option.split(' ');
  return flag === '' ? '' : `\`${flag}\``;
}
