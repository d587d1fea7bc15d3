import fc from 'fast-check';
import { expect, test } from 'vitest';
import { AGENT_CONFIG } from '../../../src/config/agent-config.ts';
import { MAPPER_CONFIG } from '../../../src/config/mapper-config.ts';
import { daemonOfConfig, parseConfig } from '../../../src/config/parse-config.ts';
import { stringify } from 'yaml';
import { loadAgent, loadMapper, MINIMAL, problemsOf } from './load.ts';

const numRuns = process.env['WEFT_FULL'] === '1' ? 50_000 : 1_000;

const keys = [...AGENT_CONFIG.keys, ...MAPPER_CONFIG.keys].flatMap(({ path }) => path.split('.'));
const word = fc.oneof(
  fc.constantFrom(...keys, '__proto__', 'toString', '<<', '', 'a/b~c'),
  fc.string({ maxLength: 8 }),
);
const leaf = fc.oneof(
  fc.constantFrom('198.18.0.1', '198.18.0.1:7790', 'udp/1.0', '/a', 'info', 'netweft.agent/v1', 'netweft.mapper/v1'),
  fc.string(),
  fc.integer(),
  fc.double(),
  fc.boolean(),
  fc.constant(null),
);
const { tree } = fc.letrec<{ tree: unknown }>((tie) => ({
  tree: fc.oneof(
    { maxDepth: 4 },
    leaf,
    fc.array(tie('tree'), { maxLength: 4 }),
    fc.dictionary(word, tie('tree'), { maxKeys: 6 }),
  ),
}));
const syntax = fc.constantFrom(...Array.from('[]{}:,-?&*!|>\'"%@`#\t\n\r ~<ab1\u0000\ufeff\u0085'));
/** Text that looks like a configuration, most of it broken somewhere. */
const text = fc.oneof(
  tree.map((value) => stringify(value)),
  fc.tuple(tree, fc.nat(), fc.string({ unit: syntax })).map(splice),
  fc.string({ unit: syntax, maxLength: 60 }),
  fc.string({ unit: 'binary' }),
);

function splice([value, at, part]: [unknown, number, string]): string {
  const whole = stringify(value);
  const position = at % (whole.length + 1);
  return whole.slice(0, position) + part + whole.slice(position);
}

/** Every line of a refusal names a place that the file has. */
function expectPlaces(lines: readonly string[], source: string): void {
  const rows = source.split('\n');
  for (const line of lines) {
    if (/^c\.yaml: and \d+ more problems$/.test(line)) continue;
    const [, row, column] = /^c\.yaml:(\d+):(\d+): \S/.exec(line) ?? [];
    expect(Number(row)).toBeGreaterThanOrEqual(1);
    expect(Number(row)).toBeLessThanOrEqual(rows.length);
    expect(Number(column)).toBeGreaterThanOrEqual(1);
    expect(Number(column)).toBeLessThanOrEqual((rows[Number(row) - 1] ?? '').length + 1);
  }
}

test('any text is a configuration, or has problems at places of the file, and nothing else is thrown', () => {
  const running = loadAgent(MINIMAL).settings;
  fc.assert(
    fc.property(text, (source) => {
      expectPlaces(
        problemsOf(() => loadAgent(source)),
        source,
      );
      expectPlaces(
        problemsOf(() => loadAgent(source, { running })),
        source,
      );
      expectPlaces(
        problemsOf(() => loadMapper(source)),
        source,
      );
      expectPlaces(
        problemsOf(() => daemonOfConfig('c.yaml', source)),
        source,
      );
    }),
    { numRuns },
  );
});

test('what is taken has every key that must have a value, each as its schema wants it', () => {
  fc.assert(
    fc.property(tree, (value) => {
      const source = stringify({ host: 'x', underlay: '1.1.1.1', mapper: '1.1.1.2', ...(value as object) });
      let loaded: ReturnType<typeof loadAgent> | undefined;
      const problems = problemsOf(() => {
        loaded = loadAgent(source);
      });
      expect(problems.length > 0).toBe(loaded === undefined);
      for (const { key, value: taken } of loaded?.settings ?? []) {
        expect(key.isRequired && taken === undefined).toBe(false);
        if (taken !== undefined) expect(AGENT_CONFIG.isWrong(key, taken)).toBe(false);
      }
    }),
    { numRuns },
  );
});

test('however many keys are wrong, each is known to be', () => {
  const unknown = Array.from({ length: 40 }, (_, at) => `unknown${at}: 1\n`);
  const { complaints, wrong } = parseConfig(AGENT_CONFIG, `${unknown.join('')}limits:\n  flowsPerPort: null\n`);
  expect(complaints).toHaveLength(41);
  expect([...wrong]).toEqual(['limits.flowsPerPort']);
});

test('a wrong value is told beside an unknown key that may have been meant for it', () => {
  const { complaints, wrong } = parseConfig(AGENT_CONFIG, 'hosts: []\nhost: {}\n');
  expect(complaints.map(({ line }) => line)).toEqual([1, 2]);
  expect([...wrong]).toEqual(['host']);
});
