import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { UserError } from '../../../src/base/errors.ts';
import { parseCloudFile } from '../../../src/model/cloud-file.ts';

const EXAMPLE = readFileSync(new URL('../../../examples/two-tenants.yaml', import.meta.url), 'utf8');
const LABELS = readFileSync(new URL('../../../examples/labels.yaml', import.meta.url), 'utf8');

function problemsOf(text: string, scope?: 'whole' | 'part'): string[] {
  try {
    parseCloudFile(text, 'c.yaml', scope);
  } catch (error) {
    expect(error).toBeInstanceOf(UserError);
    expect((error as UserError).code).toBe('invalid');
    return (error as UserError).message.split('\n');
  }
  return [];
}

/** The example with one line replaced, and the number of that line. */
function changed(line: string, replacement: string, occurrence = 1): { text: string; number: number } {
  const lines = EXAMPLE.split('\n');
  let index = -1;
  for (let count = 0; count < occurrence; count++) index = lines.indexOf(line, index + 1);
  expect(index).toBeGreaterThan(0);
  lines[index] = replacement;
  return { text: lines.join('\n'), number: index + 1 };
}

describe('the examples', () => {
  test('two tenants with the same addresses', () => {
    const file = parseCloudFile(EXAMPLE, 'two-tenants.yaml');
    expect(file.records.filter((record) => record.kind === 'port').map((record) => record.spec.name)).toEqual([
      'a30',
      'a50',
      'a70',
      'b30',
      'b50',
      'b70',
    ]);
    expect(file.lab).toEqual({ name: 'two-tenants', underlay: '198.18.0.0/24', mapper: '198.18.0.2', hosts: [] });
    expect(EXAMPLE.split('\n')[(file.lineOf('host', 'y') ?? 0) - 1]).toBe('  - name: y');
    expect(file.lineOf('host', 'nobody')).toBeUndefined();
  });

  test('what the agents of a lab offer is said per host', () => {
    const hosts = '  hosts:\n    - name: x\n      frameworks:\n        - udp-pb/1.0\n        - udp/1.0\n';
    const { lab } = parseCloudFile(`${EXAMPLE}${hosts}`, 'two-tenants.yaml');
    expect(lab?.hosts).toEqual([{ name: 'x', frameworks: ['udp-pb/1.0', 'udp/1.0'] }]);
  });

  test('a label stack', () => {
    const network = parseCloudFile(LABELS, 'labels.yaml').records.find((record) => record.kind === 'network');
    expect(network?.spec).toEqual({ name: 'c-net', tenant: 'c', mtu: 1380, labels: [100, 200] });
  });
});

describe('each mistake is named by its line, with its reason and a way out', () => {
  test.each([
    ['unknown section', 'tenants:', 'tenents:', 1, /unknown key "tenents"; did you mean "tenants"\?/],
    ['unknown key', '    gni: 1001', '    gmi: 1001', 1, /tenant a: unknown key "gmi"; did you mean "gni"\?/],
    [
      'text for a number',
      '    gni: 1001',
      '    gni: many',
      1,
      /tenant a: "gni" is "many", it must be a number from 1 to/,
    ],
    ['a number for text', '  - name: x', '  - name: 17', 1, /a host: "name" is 17, it must be lower-case .*quotes/],
    ['GNI out of range', '    gni: 1001', '    gni: 4294967296', 1, /"gni" is 4294967296, it must be a number from 1/],
    ['GNI used twice', '    gni: 2002', '    gni: 1001', 1, /tenant b: GNI 1001 is that of tenant a;/],
    ['unknown host', '    host: z', '    host: zz', 1, /port a70: there is no host zz; /],
    [
      'mistyped reference',
      '    network: a-net',
      '    network: a-nat',
      1,
      /there is no network a-nat; did you mean a-net\?/,
    ],
    ['name used twice', '  - name: z', '  - name: x', 1, /host x: the name is taken by another host/],
    ['duplicate address', '      - 10.1.2.50', '      - 10.1.2.30', 1, /port a50: 10.1.2.30 is that of port a30/],
    ['address outside', '      - 10.1.2.70', '      - 10.1.3.70', 1, /port a70: 10.1.3.70 is outside its subnet/],
    ['broadcast address', '      - 10.1.2.70', '      - 10.1.2.255', 1, /10.1.2.255 is the broadcast address/],
    ['not an address', '      - 10.1.2.70', '      - 10.1.2.700', 1, /10.1.2.700 is not an IPv4 address/],
    ['prefix with host bits', '    prefix: 10.1.2.0/24', '    prefix: 10.1.2.3/24', 1, /write 10.1.2.0\/24/],
    ['multicast prefix', '    prefix: 10.1.2.0/24', '    prefix: 224.1.0.0/24', 1, /224.0.0.0\/3, which no guest/],
    [
      'underlay used twice',
      '    underlay: 198.18.0.12',
      '    underlay: 198.18.0.11',
      1,
      /198.18.0.11:7790 is that of host x/,
    ],
    ['no address of a host', '    underlay: 198.18.0.12', '    underlay: 198.18.0.300', 1, /no address of a host/],
    ['device in use', '    namespace: b30', '    namespace: /run/netns/a30', 1, /weft0 .* is that of port a30/],
    ['another tenant', '    guest: b70', '    guest: a70', 1, /guest a70 is of tenant a, subnet b-subnet of tenant b/],
    ['lab without room', '  mapper: 198.18.0.2', '  mapper: 198.18.0.13', 1, /198.18.0.13 is the address of host z/],
    [
      'unknown format',
      'cloud: netweft/v1',
      'cloud: netweft/v9',
      1,
      /"cloud" is "netweft\/v9"; this version reads netweft\/v1/,
    ],
    ['a section that is no list', 'guests:', 'guests: 5', 1, /not valid YAML/],
  ])('%s', (_, line, replacement, occurrence, expected) => {
    const { text, number } = changed(line, replacement, occurrence);
    const problems = problemsOf(text);
    expect(problems[0]).toMatch(expected);
    // The device's own line, not the namespace's, is the one that is wrong.
    const expectedLine = replacement.startsWith('    namespace') ? number + 1 : number;
    if (!expected.source.includes('YAML')) expect(problems[0]).toMatch(new RegExp(`^c\\.yaml:${expectedLine}: `));
  });

  test.each([
    ['a host that is not', ['- name: w', '  frameworks: [udp/2.0]'], 1, /lab: there is no host w; /],
    [
      'a host listed twice',
      ['- {name: x, frameworks: [udp/2.0]}', '- {name: x, frameworks: [udp/1.0]}'],
      2,
      /lab: host x is listed twice/,
    ],
    [
      'a wire version that nobody speaks',
      ['- name: x', '  frameworks: [udp/2.0, udp/9.0]'],
      2,
      /lab: "hosts\.0\.frameworks\.1" is "udp\/9\.0", it must be one of udp\/2\.0, udp\/1\.0, udp-pb\/1\.0$/,
    ],
    [
      'a host that offers nothing',
      ['- name: x', '  frameworks: []'],
      2,
      /lab: "hosts\.0\.frameworks" is \[\], it must be a list of wire versions/,
    ],
    ['a host without its frameworks', ['- name: x'], 1, /lab: "frameworks" is missing; it must be a list of wire/],
    [
      'an unknown key of a host',
      ['- name: x', '  framework: [udp/1.0]'],
      2,
      /lab: unknown key "framework"; did you mean "frameworks"\?/,
    ],
  ])('in the hosts of the lab: %s', (_, lines, wrong, expected) => {
    const problems = problemsOf([EXAMPLE.trimEnd(), '  hosts:', ...lines.map((line) => `    ${line}`), ''].join('\n'));
    expect(problems).toHaveLength(1);
    expect(problems[0]).toMatch(expected);
    expect(problems[0]).toMatch(new RegExp(`^c\\.yaml:${EXAMPLE.trimEnd().split('\n').length + 1 + wrong}: `));
  });

  test('a name with a line break adds no line to the list', () => {
    const forged = '"a\\nc.yaml:1: port p: all is well\\u2028\\x1b[31m"';
    const problems = problemsOf(`cloud: netweft/v1\ntenants:\n  - name: ${forged}\n    gni: 7\n`);
    expect(problems).toHaveLength(1);
    expect(problems[0]).toMatch(/^c\.yaml:3: tenant a\\u000ac\.yaml:1: port p: all is well\\u2028/);
  });

  test('what is missing is named at its record', () => {
    const { text, number } = changed('    host: z', '    # host: z');
    expect(problemsOf(text)[0]).toMatch(/^c\.yaml:\d+: port a70: "host" is missing; it must be lower-case/);
    expect(number).toBeGreaterThan(0);
  });

  test('broken YAML', () => {
    expect(problemsOf('cloud: netweft/v1\ntenants:\n  - name: a\n   gni: 1\n')[0]).toMatch(
      /^c\.yaml:[34]: not valid YAML: /,
    );
    expect(problemsOf('cloud: netweft/v1\ncloud: netweft/v1\n')[0]).toMatch(/^c\.yaml:2: not valid YAML: /);
  });

  test('not a cloud file at all', () => {
    expect(problemsOf('')[0]).toBe('c.yaml:1: this is no cloud file; it starts with "cloud: netweft/v1"');
    expect(problemsOf('- 1\n')[0]).toBe('c.yaml:1: this is no cloud file; it starts with "cloud: netweft/v1"');
    expect(problemsOf('tenants: []\n')[0]).toBe('c.yaml:1: "cloud" is missing; write "cloud: netweft/v1" first');
    expect(problemsOf('cloud: netweft/v1\nports: 5\n')[0]).toMatch(/^c\.yaml:2: "ports" is not a list/);
    expect(problemsOf('cloud: netweft/v1\nports: [5]\n')[0]).toMatch(
      /^c\.yaml:2: a port: this is 5, it must be a mapping/,
    );
  });

  test('aliases that multiply are refused', () => {
    const levels = Array.from(
      { length: 12 },
      (_, level) =>
        `l${level}: &l${level} [${Array(9)
          .fill(level === 0 ? 'x' : `*l${level - 1}`)
          .join(', ')}]`,
    );
    const problems = problemsOf(`cloud: netweft/v1\n${levels.join('\n')}\ntenants: *l11\n`);
    expect(problems[0]).toMatch(/^c\.yaml:\d+: aliases stand for more than 100000 values; write some of them out/);
  });

  test.each([
    ['a list in itself', 'tenants: &a [*a]', 2, 'the alias of "a" stands inside what it stands for'],
    ['a record in itself', 'tenants:\n  - &a\n    name: *a\n    gni: 7', 4, 'the alias of "a" stands inside'],
    ['no anchor', 'tenants:\n  - name: t\n    gni: *none', 4, 'there is no anchor "none" before this alias'],
    ['an anchor that comes later', 'tenants:\n  - name: *t\n    gni: &t 7', 3, 'there is no anchor "t" before'],
  ])('an alias of %s is refused', (_, text, line, message) => {
    expect(problemsOf(`cloud: netweft/v1\n${text}\n`)[0]).toMatch(`c.yaml:${line}: ${message}`);
  });

  test('an anchor may be used as often as a file is long', () => {
    const guests = Array.from({ length: 2_000 }, (_, index) => `  - { name: g${index}, tenant: *t }`).join('\n');
    const file = parseCloudFile(
      `cloud: netweft/v1\ntenants:\n  - name: &t a\n    gni: 7\nguests:\n${guests}\n`,
      'c.yaml',
    );
    expect(file.records.at(-1)).toEqual({ kind: 'guest', spec: { name: 'g1999', tenant: 'a' } });
    const twice = parseCloudFile('cloud: netweft/v1\ntenants: &a\n  - &b { name: a, gni: 7 }\nhosts:\n', 'c.yaml');
    expect(twice.records).toHaveLength(1);
  });

  test('overlapping subnets of one tenant, named at the later one', () => {
    const { text, number } = changed('    network: b-net', '    network: a-net');
    const overlap = problemsOf(text).find((problem) => problem.includes('overlaps'));
    expect(overlap).toMatch(
      new RegExp(`^c\\.yaml:${number + 1}: subnet b-subnet: 10.1.2.0/24 overlaps subnet a-subnet \\(10.1.2.0/24\\)`),
    );
  });

  test('many problems: all are listed by line, at most twenty', () => {
    const tenants = Array.from({ length: 30 }, (_, index) => `  - name: t${index}\n    gni: 7`).join('\n');
    const problems = problemsOf(`cloud: netweft/v1\ntenants:\n${tenants}\n`);
    expect(problems).toHaveLength(21);
    expect(problems[20]).toBe('c.yaml: and 9 more problems');
  });
});

describe('a part of a cloud', () => {
  const PART = 'cloud: netweft/v1\nnetworks:\n  - name: n\n    tenant: elsewhere\n';

  test('may refer to what the mapping daemon has', () => {
    expect(parseCloudFile(PART, 'c.yaml', 'part').records).toHaveLength(1);
    expect(problemsOf(PART)[0]).toMatch(/^c\.yaml:4: network n: there is no tenant elsewhere/);
  });

  test('is checked in everything else', () => {
    expect(problemsOf(`${PART}  - name: n\n    tenant: elsewhere\n`, 'part')[0]).toMatch(
      /^c\.yaml:5: network n: the name is taken/,
    );
  });
});

test.each([
  ['flow lists', '['.repeat(20_000), 'c.yaml:2:'],
  ['flow mappings', '{a: '.repeat(20_000), 'c.yaml:2:'],
  ['lists of a line', `${'- '.repeat(20_000)}a`, 'c.yaml:2:'],
  ['keys of a line', `${'? '.repeat(20_000)}a`, 'c.yaml:2:'],
  ['mappings', Array.from({ length: 2000 }, (_, level) => `${' '.repeat(level)}a:`).join('\n'), 'c.yaml:52:'],
])('%s without end are refused where they are too deep', (_, text, place) => {
  const [problem = '', ...others] = problemsOf(`# a comment\n${text}`);
  expect(problem).toBe(`${place} lists and mappings stand more than 50 deep inside one another`);
  expect(others).toEqual([]);
});

test('as deep as may be is read', () => {
  const [problem = ''] = problemsOf(`cloud: netweft/v1\ntenants: ${'['.repeat(48)}${']'.repeat(48)}`);
  expect(problem).toMatch(/^c\.yaml:2: a tenant: /);
  expect(problemsOf(`a: ${'['.repeat(50)}${']'.repeat(50)}`).join()).toContain('more than 50 deep');
});
