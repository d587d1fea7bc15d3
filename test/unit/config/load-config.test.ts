import { describe, expect, test } from 'vitest';
import { loadAgent, loadMapper, MINIMAL, problemsOf, sourceOf } from './load.ts';

test('what a file does not say is as by default', () => {
  expect(loadAgent(MINIMAL).config).toEqual({
    config: 'netweft.agent/v1',
    host: 'x',
    underlay: '198.18.0.1:7790',
    mapper: '198.18.0.254:7791',
    socket: '/run/netweft/agent.sock',
    fastPath: 'reference',
    frameworks: ['udp/2.0', 'udp/1.0', 'udp-pb/1.0'],
    log: { format: 'text', level: 'info' },
    limits: {
      flows: 65_536,
      flowsPerPort: 16_384,
      lookups: { perSecond: 100, burst: 200 },
      replies: { perSecond: 100, burst: 50 },
    },
  });
  expect(loadMapper('').config).toEqual({
    config: 'netweft.mapper/v1',
    listen: '0.0.0.0:7791',
    socket: '/run/netweft/mapper.sock',
    database: '/var/lib/netweft/mapper.db',
    log: { format: 'text', level: 'info' },
    limits: { records: 50_000, hosts: 10_000, heartbeatMs: 1_000, silenceMs: 5_000 },
  });
});

test('every key can be said in the file', () => {
  const text = `
    config: netweft.agent/v1
    host: y
    underlay: 198.18.0.1:1
    mapper: 198.18.0.2:65535
    socket: /tmp/a.sock
    fastPath: reference
    frameworks: [udp/1.0]
    metrics: unix:/tmp/m.sock
    log: { format: json, level: debug }
    limits: { flows: 64, flowsPerPort: 16, lookups: { perSecond: 1, burst: 2 }, replies: { perSecond: 3, burst: 4 } }`;
  const loaded = loadAgent(text);
  expect(loaded.settings.map(({ source }) => source)).toEqual(loaded.settings.map(() => 'file'));
  expect(loaded.config).toMatchObject({ metrics: 'unix:/tmp/m.sock', limits: { flows: 64, replies: { burst: 4 } } });
  const mapper = loadMapper(`
    config: netweft.mapper/v1
    listen: 198.18.0.2
    socket: /tmp/m.sock
    database: /tmp/m.db
    metrics: 127.0.0.1:9790
    log: { format: json, level: warn }
    limits: { records: 1, hosts: 2, heartbeatMs: 100, silenceMs: 300 }`);
  expect(mapper.settings.map(({ source }) => source)).toEqual(mapper.settings.map(() => 'file'));
  expect(mapper.config.listen).toBe('198.18.0.2:7791');
});

describe('which value counts', () => {
  const environment = { RUNTIME_DIRECTORY: '/r:/other', STATE_DIRECTORY: '/s' };

  test('a folder of the service manager replaces that of the default', () => {
    expect(loadMapper('', { environment }).config).toMatchObject({
      socket: '/r/mapper.sock',
      database: '/s/mapper.db',
    });
    expect(loadAgent(MINIMAL, { environment }).config.socket).toBe('/r/agent.sock');
    expect(loadMapper('', { environment: { RUNTIME_DIRECTORY: '' } }).config.socket).toBe('/run/netweft/mapper.sock');
  });

  test('the file before the environment, an option before the file', () => {
    const text = 'socket: /file.sock\n';
    expect(loadMapper(text, { environment }).config.socket).toBe('/file.sock');
    const loaded = loadMapper(text, { environment, options: { socket: 'option.sock' } });
    expect(loaded.config).toMatchObject({ socket: 'option.sock', database: '/s/mapper.db' });
    expect(['socket', 'database', 'listen'].map((path) => sourceOf(loaded, path))).toEqual([
      'option',
      'environment',
      'default',
    ]);
  });

  test('an option may give what must be there', () => {
    const { config } = loadAgent('underlay: 198.18.0.1\n', { options: { host: 'z', mapper: '198.18.0.2:7791' } });
    expect(config).toMatchObject({ host: 'z', mapper: '198.18.0.2:7791' });
    const { missing } = loadAgent('', { scope: 'part' });
    expect(missing.map(({ path }) => path)).toEqual(['host', 'underlay', 'mapper']);
  });
});

describe('each mistake is named by its line and column', () => {
  test.each([
    [
      'missing keys',
      'host: x\n',
      ['1:1: "underlay" is missing; write it here, or give --underlay', '1:1: "mapper" is'],
    ],
    ['unknown key', `${MINIMAL}fraimworks: [udp/1.0]`, ['4:1: unknown key "fraimworks"; did you mean "frameworks"?']],
    ['inner unknown key', `${MINIMAL}log:\n  levle: info`, ['5:3: unknown key "levle"; did you mean "level"?']],
    ['strange key', `${MINIMAL}xyzzy: 1`, ['4:1: unknown key "xyzzy"; known keys are config, host, underlay, ']],
    [
      'inherited name',
      `${MINIMAL}constructor: 1\n__proto__: 2`,
      ['4:1: unknown key "constructor"', '5:1: unknown key'],
    ],
    ['merge key', `${MINIMAL}log: &l {level: info}\n<<: *l`, ['5:1: unknown key "<<"']],
    ['key twice', `${MINIMAL}host: y`, ['4:1: not valid YAML: Map keys must be unique']],
    ['inner key twice', `${MINIMAL}log: {level: info, level: warn}`, ['4:20: not valid YAML: Map keys must be unique']],
    [
      'wrong address',
      'host: x\nunderlay: 198.18.0.256\nmapper: 1.1.1.1',
      ['2:1: "underlay" is "198.18.0.256", it must'],
    ],
    [
      'wrong port',
      'host: x\nunderlay: 1.1.1.1:65536\nmapper: 1.1.1.1',
      ['2:1: "underlay" is "1.1.1.1:65536", it must'],
    ],
    ['wrong name', MINIMAL.replace('x', 'X_Y'), ['1:1: "host" is "X_Y", it must be lower-case letters']],
    ['number for a name', MINIMAL.replace('x', '17'), ['1:1: "host" is 17, it must be']],
    ['relative path', `${MINIMAL}socket: ./a.sock`, ['4:1: "socket" is "./a.sock", it must be an absolute path']],
    [
      'unknown framework',
      `${MINIMAL}frameworks:\n  - udp/1.0\n  - udp/9.0`,
      ['6:5: "frameworks.1" is "udp/9.0", it must'],
    ],
    ['no framework', `${MINIMAL}frameworks: []`, ['4:1: "frameworks" is [], it must be a list of some of udp/2.0']],
    ['framework twice', `${MINIMAL}frameworks: [udp/1.0, udp/1.0]`, ['4:1: "frameworks" is ["udp/1.0","udp/1.0"], it']],
    ['metrics for everybody', `${MINIMAL}metrics: 0.0.0.0:9790`, ['4:1: "metrics" is "0.0.0.0:9790", it must be unix']],
    [
      'log level',
      `${MINIMAL}log: {level: loud}`,
      ['4:7: "log.level" is "loud", it must be debug, info, warn or error'],
    ],
    ['log is no mapping', `${MINIMAL}log: info`, ['4:1: "log" is "info", it must be a mapping with the keys format']],
    ['empty value', MINIMAL.replace('x', ''), ['1:1: "host" is empty, it must be']],
    [
      'too few',
      `${MINIMAL}limits: {flows: 63}`,
      ['4:10: "limits.flows" is 63, it must be a number from 64 to 4194304'],
    ],
    ['fraction', `${MINIMAL}limits: {flows: 64.5}`, ['4:10: "limits.flows" is 64.5, it must be']],
    ['text for a number', `${MINIMAL}limits: {flows: "100"}`, ['4:10: "limits.flows" is "100", it must be']],
    ['rule', `${MINIMAL}limits: {flows: 100}`, ['1:1: "limits.flowsPerPort" is 16384, more than "limits.flows", 100']],
    [
      'rule in the file',
      `${MINIMAL}limits: {flowsPerPort: 65537}`,
      ['4:10: "limits.flowsPerPort" is 65537, more than'],
    ],
    ['list', '- host: x', ['1:1: this is [{"host":"x"}], it must be a mapping with the keys config, host']],
    ['other daemon', 'config: netweft.mapper/v1\nlisten: 1.1.1.1', ['1:1: this file is for weft mapper ("config" is']],
    [
      'other format',
      `config: netweft.agent/v9\n${MINIMAL}`,
      ['1:1: "config" is "netweft.agent/v9", it must be netwef'],
    ],
    ['tab', `${MINIMAL}log:\n\tlevel: info`, ['5:1: not valid YAML: Tabs are not allowed as indentation']],
    ['unknown tag', MINIMAL.replace('x', '!secret x'), ['1:7: not valid YAML: Unresolved tag: !secret']],
    ['two documents', `${MINIMAL}---\nhost: y`, ['4:1: not valid YAML: Source contains multiple documents']],
    ['no such anchor', MINIMAL.replace('x', '*a'), ['1:7: there is no anchor "a" before this alias']],
    ['too deep', `log: ${'['.repeat(20_000)}`, ['1:56: lists and mappings stand more than 50 deep']],
  ])('%s', (_, text, expected) => {
    const problems = problemsOf(() => loadAgent(text));
    expect(problems).toHaveLength(expected.length);
    expect(problems).toEqual(expected.map((start) => expect.stringContaining(`c.yaml:${start}`)));
  });

  test('all of them at once, in the order of the file', () => {
    const text = 'host: X\nhost: Y\nmaper: 1.1.1.1\nlimits: {flowz: 5}\nlog: {level: 3}\n';
    expect(problemsOf(() => loadAgent(text)).map((line) => line.split(' ')[0])).toEqual([
      'c.yaml:1:1:',
      'c.yaml:1:1:',
      'c.yaml:1:1:',
      'c.yaml:2:1:',
      'c.yaml:3:1:',
      'c.yaml:4:10:',
      'c.yaml:5:7:',
    ]);
  });

  test('an alias that multiplies is refused', () => {
    const levels = Array.from({ length: 8 }, (_, level) => `- &l${level} [${`*l${level - 1},`.repeat(9)}]`).slice(1);
    const bomb = `limits:\n- &l0 [${'a,'.repeat(9)}]\n${levels.join('\n')}\n`;
    expect(problemsOf(() => loadAgent(bomb)).join('\n')).toMatch(/c\.yaml:\d+:\d+: aliases stand for more than 100000/);
  });

  test('silence shorter than three heartbeats', () => {
    expect(problemsOf(() => loadMapper('limits: {heartbeatMs: 1000, silenceMs: 2999}'))).toEqual([
      'c.yaml:1:29: "limits.silenceMs" is 2999, less than 3 times "limits.heartbeatMs", 1000',
    ]);
    expect(problemsOf(() => loadMapper('limits: {heartbeatMs: 1000, silenceMs: 3000}'))).toEqual([]);
  });
});
