import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Command } from 'commander';
import { describe, expect, test } from 'vitest';
import { LOOKUP_RATE, REPLY_RATE } from '../../../src/agent/slow-path.ts';
import { addAgentCommand } from '../../../src/cli/commands/agent.ts';
import { addMapperCommand } from '../../../src/cli/commands/mapper.ts';
import { defaultSocket } from '../../../src/cli/daemon-socket.ts';
import { AGENT_CONFIG } from '../../../src/config/agent-config.ts';
import { shownValue } from '../../../src/config/config-keys.ts';
import { MAPPER_CONFIG } from '../../../src/config/mapper-config.ts';
import { USUAL_LIMITS } from '../../../src/mapper/limits.ts';
import { parseMetricsListen } from '../../../src/metrics/metrics-listen.ts';
import { runCommand, TestProcess } from '../cli/run-command.ts';
import { ROOT } from '../source-files.ts';
import { keyTable } from './key-table.ts';
import { loadAgent, loadMapper, MINIMAL } from './load.ts';

const DAEMONS = [
  { daemon: 'agent', definition: AGENT_CONFIG, addCommand: addAgentCommand, load: loadAgent },
  { daemon: 'mapper', definition: MAPPER_CONFIG, addCommand: addMapperCommand, load: loadMapper },
] as const;

function read(path: string): string {
  return readFileSync(join(ROOT, path), 'utf8');
}

describe.each(DAEMONS)('$daemon', ({ daemon, definition, addCommand, load }) => {
  test('the manual has every key as the schema has it', () => {
    expect(read('docs/configuration.md')).toContain(`\n${keyTable(definition)}\n`);
  });

  test('the JSON Schema in the repository is what the command prints', async () => {
    const { code, out } = await runCommand(['config', 'schema', daemon]);
    const printed = JSON.parse(out) as object;
    expect({ code, printed }).toEqual({ code: 0, printed: JSON.parse(read(`docs/schemas/${daemon}.schema.json`)) });
    expect(printed).toMatchObject({ $schema: 'https://json-schema.org/draft/2020-12/schema', type: 'object' });
    expect(out).not.toContain('"required"');
  });

  test('the example is right as it is, and changes nothing but what must be given', () => {
    const { settings } = load(read(`packaging/config/${daemon}.yaml`));
    const said = settings.filter(({ source }) => source === 'file');
    const needless = said.filter(({ key, value }) => !key.isRequired && key.default !== value);
    expect(needless.map(({ key }) => key.path)).toEqual([]);
    expect(said.length).toBeGreaterThan(1);
  });

  test('the example names every key, with its default, and marks what may be reloaded', () => {
    const text = read(`packaging/config/${daemon}.yaml`);
    const all = text.replace(/^# ((?:[a-zA-Z]+:| {2,}[a-zA-Z]+:).*)$/gm, '$1').replace(/^metrics: unix.*\n/m, '');
    const { settings } = load(all);
    const unsaid = settings.filter(({ source }) => source !== 'file').map(({ key }) => key.path);
    expect(unsaid).toEqual(daemon === 'agent' ? ['fastPath'] : []);
    const others = settings.filter(
      ({ key, value }) => key.default !== undefined && shownValue(value) !== shownValue(key.default),
    );
    expect(others.map(({ key }) => key.path)).toEqual(daemon === 'agent' ? ['frameworks'] : []);
  });

  test('every option that it names is one of the command, which has no other but those of one run', () => {
    const program = new Command();
    addCommand(program, new TestProcess());
    const flags = program.commands[0]?.options.map((option) => option.flags) ?? [];
    const named = definition.keys.flatMap((key) => key['x-option'] ?? []);
    expect(named.filter((flag) => !flags.includes(flag))).toEqual([]);
    expect(flags.filter((flag) => !named.includes(flag))).toEqual(
      daemon === 'agent' ? ['--config <file>'] : ['--config <file>', '--restored'],
    );
  });

  test('every key says what it is for, and numbers their limits', () => {
    for (const { title, description, path } of definition.keys) {
      expect([path, title, description]).toEqual([path, expect.stringMatching(/\S/), expect.stringMatching(/\S/)]);
    }
  });
});

test('defaults are what the daemons use by themselves', () => {
  const { limits, socket } = loadAgent(MINIMAL).config;
  expect({ lookups: limits.lookups, replies: limits.replies }).toEqual({ lookups: LOOKUP_RATE, replies: REPLY_RATE });
  expect(loadMapper('').config.limits).toEqual(USUAL_LIMITS);
  expect([socket, loadMapper('').config.socket]).toEqual([defaultSocket('agent'), defaultSocket('mapper')]);
});

test.each([
  'unix:/run/m.sock',
  'unix:run/m.sock',
  'unix:',
  '127.0.0.1:9790',
  '127.9.9.9:65535',
  '127.0.0.1',
  '127.0.0.1:0',
  '127.0.0.1:65536',
  '128.0.0.1:80',
  'localhost:9790',
  '/run/m.sock',
])('metrics at %s are taken by the file exactly if the server takes them', (metrics) => {
  const key = AGENT_CONFIG.keys.find(({ path }) => path === 'metrics');
  if (key === undefined) throw new Error('there is no such key');
  expect(AGENT_CONFIG.isWrong(key, metrics)).toBe(parseMetricsListen(metrics) === undefined);
});
