import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { stringify } from 'yaml';
import type { MapperStatusDocument, PortsDocument, RecordsDocument } from '../../../src/admin/documents.ts';
import { KINDS } from '../../../src/model/records.ts';
import { devicesHere, NOTHING } from '../../kit/netns/left-behind.ts';
import { DEVICE, twoTenants } from '../../kit/netns/test-cloud.ts';
import { TestLab } from '../../kit/netns/test-lab.ts';
import { until } from '../../kit/netns/until.ts';

const MAIN = fileURLToPath(new URL('../../../dist/cli/main.js', import.meta.url));
const LIMIT_MS = 15_000;
/** A line of a stack trace: no message for a person has one. */
const STACK = /\n\s+at /;

const cloud = twoTenants(`wt-bad-${process.pid}`);
const lab = new TestLab(cloud);
const devicesBefore = devicesHere();

beforeAll(async () => {
  await lab.up();
});

afterAll(async () => {
  expect(await lab.down()).toEqual(NOTHING);
  expect(devicesHere()).toEqual(devicesBefore);
});

/** All records with their states, and what every agent owns. */
async function everything(): Promise<object> {
  const records = await Promise.all(
    KINDS.map((kind) => lab.read<RecordsDocument>('mapper', 'netweft.records/v1', `/v1/records/${kind}`)),
  );
  const { revision, agreements, incarnation } = await lab.read<MapperStatusDocument>(
    'mapper',
    'netweft.mapper-status/v1',
    '/v1/status',
  );
  const agents = await Promise.all(Object.keys(cloud.hosts).map(portsOf));
  return { revision, agreements, incarnation, records: records.map((document) => document.records), agents };
}

async function portsOf(host: string): Promise<PortsDocument['ports']> {
  return (await lab.read<PortsDocument>(host, 'netweft.ports/v1', '/v1/ports')).ports;
}

async function cloudSays(port: string): Promise<string | undefined> {
  const path = `/v1/records/port/${port}`;
  return (await lab.read<RecordsDocument>('mapper', 'netweft.records/v1', path)).records[0]?.state;
}

function portRecord(changes: object): object {
  const { name, host, namespace } = lab.port('a30');
  const usual = { guest: name, subnet: 'a-subnet', addresses: ['10.1.2.31'], host, namespace, device: 'weft1' };
  return { name: 'extra', ...usual, ...changes };
}

/** A file that must be refused, and what the refusal has to say: what is wrong, why, and what to do. */
const REFUSED_FILES: { what: string; file: object | string; says: RegExp[] }[] = [
  {
    what: 'an address twice in a tenant',
    file: { ports: [portRecord({ addresses: ['10.1.2.50'] })] },
    says: [/port extra: 10\.1\.2\.50 is that of port a50/, /; choose another/],
  },
  {
    what: 'overlapping subnets in one network',
    file: { subnets: [{ name: 'wide', network: 'a-net', prefix: '10.1.0.0/16' }] },
    says: [/subnet wide: 10\.1\.0\.0\/16 overlaps subnet a-subnet/, /; choose another prefix/],
  },
  {
    what: 'a port on an unknown host',
    file: { ports: [portRecord({ host: 'nowhere' })] },
    says: [/port extra: there is no host nowhere/, /; add a host record/],
  },
  {
    what: 'a GNI used twice',
    file: { tenants: [{ name: 'c', gni: 1001 }] },
    says: [/GNI 1001 is that of tenant a/, /choose another/],
  },
  {
    what: 'a device that another port has',
    file: { ports: [portRecord({ device: DEVICE })] },
    says: [new RegExp(`device ${DEVICE} .* is that of port a30`), /choose another device name/],
  },
  {
    what: 'an underlay address that another host has',
    file: { hosts: [{ name: 'w', underlay: cloud.hosts['x'] }] },
    says: [/underlay 198\.19\.7\.11:7790 is that of host x/, /its own address/],
  },
  {
    what: "a guest in another tenant's subnet",
    file: { ports: [portRecord({ subnet: 'b-subnet', addresses: ['10.1.2.32'] })] },
    says: [/guest a30 is of tenant a, subnet b-subnet of tenant b/, /subnets of its own tenant/],
  },
  {
    what: 'an unknown kind',
    file: { routers: [{ name: 'r' }] },
    says: [/refused\.yaml:2: unknown key "routers"/, /known keys are cloud, tenants/],
  },
  {
    what: 'an unknown field',
    file: { tenants: [{ name: 'c', gni: 3, colour: 'red' }] },
    says: [/refused\.yaml:\d+: tenant c: unknown key "colour"; known keys are name, gni/],
  },
  {
    what: 'a value of the wrong type',
    file: { tenants: [{ name: 'c', gni: 'three' }] },
    says: [/refused\.yaml:\d+: tenant c: "gni" is "three", it must be a number from 1/],
  },
  {
    what: 'another version',
    file: { cloud: 'netweft/v9' },
    says: [/"cloud" is "netweft\/v9"; this version reads netweft\/v1/],
  },
  {
    what: 'text that is no YAML',
    file: 'cloud: netweft/v1\ntenants: [ {\n',
    says: [/refused\.yaml:3: not valid YAML: /],
  },
];

describe('weft apply refuses', () => {
  test.each(REFUSED_FILES)('$what, says why and what to do, and changes nothing', async ({ file, says }) => {
    const before = await everything();
    const text = typeof file === 'string' ? file : stringify({ cloud: 'netweft/v1', ...file });
    const { status, out, err } = await lab.weft('apply', '-f', lab.write('refused.yaml', text));
    expect({ status, out }).toEqual({ status: 1, out: '' });
    expect(err).toMatch(/^weft: /);
    expect(err).not.toMatch(STACK);
    for (const part of says) expect(err).toMatch(part);
    expect(await everything()).toEqual(before);
  });

  test('a whole file for one bad record in it', async () => {
    const before = await everything();
    const file = { tenants: [{ name: 'c', gni: 3003 }], networks: [{ name: 'c-net', tenant: 'd' }] };
    const path = lab.write('refused.yaml', stringify({ cloud: 'netweft/v1', ...file }));
    expect(await lab.weft('apply', '-f', path)).toMatchObject({ status: 1, err: expect.stringContaining('tenant d') });
    expect(await everything()).toEqual(before);
  });
});

test.each([
  { words: ['get', 'router'], status: 2, says: /unknown kind 'router'.*tenant, network, subnet, host, guest, port/ },
  { words: ['delete', 'router', 'r'], status: 2, says: /unknown kind 'router'/ },
  { words: ['get', 'port', 'nothing'], status: 5, says: /there is no port nothing; see `weft get port`/ },
  {
    words: ['delete', 'tenant', 'a'],
    status: 1,
    says: /tenant a is referred to by network a-net, .*; delete these first/,
  },
])('weft $words is refused and changes nothing', async ({ words, status, says }) => {
  const before = await everything();
  const result = await lab.weft(...words);
  expect(result).toMatchObject({ status, out: '', err: expect.stringMatching(says) });
  expect(await everything()).toEqual(before);
});

describe('a TUN name that is in use', () => {
  test('is told with what to do, taken when it is free, and disturbs no other port', async () => {
    const { namespace } = lab.port('a30');
    const others = (await portsOf('x')).map(({ name, state, index }) => ({ name, state, index }));
    await lab.ip(namespace, 'link', 'add', 'weft1', 'type', 'bridge');
    const file = lab.write('port.yaml', stringify({ cloud: 'netweft/v1', ports: [portRecord({})] }));
    expect(await lab.weft('apply', '-f', file)).toMatchObject({ status: 0 });
    const trouble = await until('the agent says why the port failed', LIMIT_MS, async () => {
      return (await portsOf('x')).find(({ name, state }) => name === 'extra' && state === 'failed')?.trouble;
    });
    expect(trouble).toMatch(
      new RegExp(`device weft1 in network namespace ${namespace}: .*of this name exists already`),
    );
    expect(lab.log('x')).toMatch(/port-trouble .*port=extra .*hint="?choose another name, or remove that interface/);
    expect(await lab.ip(namespace, '-details', 'link', 'show', 'weft1')).toContain('bridge');
    await until('the cloud knows it', LIMIT_MS, async () => (await cloudSays('extra')) === 'lost');

    await lab.ip(namespace, 'link', 'delete', 'weft1');
    await until('the port is up', LIMIT_MS, async () => {
      return (await portsOf('x')).some(({ name, state }) => name === 'extra' && state === 'up');
    });
    expect(await lab.weft('delete', 'port', 'extra')).toMatchObject({ status: 0 });
    await until('the device is gone', LIMIT_MS, async () => !(await lab.ip(namespace, 'link')).includes('weft1'));
    expect((await portsOf('x')).map(({ name, state, index }) => ({ name, state, index }))).toEqual(others);
  });
});

/** The command of an agent in its host's namespace, run by `wrapper`: words that end with running what follows. */
function agentCommand(host: string, wrapper: readonly string[], options: readonly string[]): [string, ...string[]] {
  const netns = `--net=/run/netns/${lab.hostNamespace(host)}`;
  const usual = ['--host', host, '--mapper', cloud.mapper, '--socket', join(lab.folder, `${host}.sock`)];
  return ['nsenter', netns, ...wrapper, process.execPath, MAIN, 'agent', ...usual, ...options];
}

/** Runs an agent by hand while `look` looks; returns what it wrote. */
async function whileRunning([program, ...words]: [string, ...string[]], look: () => Promise<void>): Promise<string> {
  const child: ChildProcess = spawn(program, words, { env: lab.environment });
  const ended = once(child, 'close');
  let log = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on('data', (chunk) => {
      log += String(chunk);
    });
  }
  try {
    await look();
  } finally {
    child.kill('SIGTERM');
    await ended;
  }
  return log;
}

/** Whom the files belong to, without what makes it root: a checkout may be readable by its owner alone. */
const WITHOUT_PRIVILEGES = ['setpriv', '--bounding-set=-all', '--inh-caps=-all', '--no-new-privs'];
const WITHOUT_TUN = ['unshare', '--mount', 'sh', '-c', 'mount -t tmpfs none /dev/net && exec "$@"', 'sh'];

describe('an agent that cannot make devices', () => {
  const underlay = ['--underlay', cloud.hosts['z'] ?? ''];

  beforeAll(async () => {
    expect(await lab.weft('lab', 'stop', 'z', '--lab', cloud.name)).toMatchObject({ status: 0 });
  });

  afterAll(async () => {
    expect(await lab.weft('lab', 'start', 'z', '--lab', cloud.name)).toMatchObject({ status: 0 });
    await until('the ports of z are up', LIMIT_MS, async () => {
      return (await portsOf('z')).every(({ state }) => state === 'up') && (await cloudSays('a70')) === 'up';
    });
  });

  test('because it has no privileges does not start, and says which it needs', async () => {
    const records = await lab.read<RecordsDocument>('mapper', 'netweft.records/v1', '/v1/records/port');
    const result = await lab.run(...agentCommand('z', WITHOUT_PRIVILEGES, underlay));
    expect(result).toMatchObject({ status: 1, err: expect.stringMatching(/^weft: .*the kernel does not permit it/) });
    expect(result.err).toMatch(/; run the agent as root, or with CAP_NET_ADMIN/);
    expect(result.err).not.toMatch(STACK);
    expect(await lab.read<RecordsDocument>('mapper', 'netweft.records/v1', '/v1/records/port')).toEqual(records);
  });

  test('because there is no /dev/net/tun says so, and the cloud knows that its ports are lost', async () => {
    const socket = join(lab.folder, 'z.sock');
    const log = await whileRunning(agentCommand('z', WITHOUT_TUN, underlay), async () => {
      await until('the cloud knows that the port is lost', LIMIT_MS, async () => (await cloudSays('a70')) === 'lost');
      const { out } = await lab.weft('port', 'list', '--socket', socket, '--json');
      const { ports } = JSON.parse(out) as PortsDocument;
      expect(ports.map(({ name }) => name)).toEqual(['a70', 'b70']);
      for (const { trouble } of ports)
        expect(trouble).toMatch(new RegExp(`device ${DEVICE} .*: this machine has no TUN devices`));
      expect(await cloudSays('a50')).toBe('up');
    });
    expect(log).toMatch(/port-trouble .*port=a70 .*hint="?modprobe tun, and see that \/dev\/net\/tun exists/);
    expect(log).not.toMatch(STACK);
  });
});

test.each([
  {
    what: 'whose underlay address is not there',
    options: ['--underlay', '198.19.7.99'],
    says: /cannot bind to the underlay address 198\.19\.7\.99: EADDRNOTAVAIL; give an address of this machine/,
  },
  {
    what: 'whose underlay address and port another has',
    options: ['--underlay', '198.19.7.12'],
    says: /underlay 198\.19\.7\.12:7790: another process has this address and port.*; ss -lunp/,
  },
  {
    what: 'of an unknown wire version',
    options: ['--underlay', '198.19.7.12', '--frameworks', 'udp/9.0'],
    status: 2,
    says: /'udp\/9\.0' is invalid; it must be a list of some of udp\/2\.0, udp\/1\.0, udp-pb\/1\.0/,
  },
])('an agent $what does not start, and says why', async ({ options, says, status = 1 }) => {
  const before = await everything();
  const result = await lab.run(...agentCommand('y', [], options));
  expect(result).toMatchObject({ status, err: expect.stringMatching(says) });
  expect(result.err).not.toMatch(STACK);
  expect(await everything()).toEqual(before);
});
