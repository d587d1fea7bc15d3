import { describe, expect, test } from 'vitest';
import { UserError } from '../../../src/base/errors.ts';
import { planLab } from '../../../src/lab/plan.ts';
import { resolveDaemon, resolveTarget } from '../../../src/lab/resolve-target.ts';
import type { CloudRecord } from '../../../src/model/records.ts';

const SECTION = { name: 'test', underlay: undefined, mapper: '198.18.0.100', hosts: [] };

function host(name: string, underlay: string): CloudRecord {
  return { kind: 'host', spec: { name, underlay } };
}

function guest(name: string, tenant: string): CloudRecord {
  return { kind: 'guest', spec: { name, tenant } };
}

function port(owner: string, on: string, namespace?: string, name = `${owner}-${on}`): CloudRecord {
  const spec = { name, guest: owner, subnet: 's', addresses: ['10.1.2.30'], host: on, device: 'tun0' };
  return { kind: 'port', spec: namespace === undefined ? spec : { ...spec, namespace } };
}

const TWO_HOSTS = [host('x', '198.18.0.1'), host('y', '198.18.1.2:9000'), guest('a30', 'a'), guest('b30', 'b')];

function plan(...ports: CloudRecord[]) {
  return planLab([...TWO_HOSTS, ...ports], SECTION, '/run/netweft/lab/test');
}

describe('planLab', () => {
  test('gives everything its own namespace, once', () => {
    const { namespaces } = plan(port('a30', 'x', 'a30'), port('a30', 'x', 'a30', 'second'), port('b30', 'y', 'b30'));
    expect(namespaces).toEqual(['weft-test-bridge', 'weft-test-mapper', 'weft-test-x', 'weft-test-y', 'a30', 'b30']);
  });

  test('joins the mapping daemon and every host to one bridge, on one prefix, without a route', () => {
    const { ipSteps } = plan();
    const lines = ipSteps.flatMap((step) => step.lines.map((line) => `${step.namespace ?? '-'} ${line}`));
    expect(lines.filter((line) => line.includes('address add'))).toEqual([
      'weft-test-mapper address add 198.18.0.100/23 dev underlay',
      'weft-test-x address add 198.18.0.1/23 dev underlay',
      'weft-test-y address add 198.18.1.2/23 dev underlay',
    ]);
    expect(lines.filter((line) => line.includes(' type veth '))).toHaveLength(3);
    expect(lines.filter((line) => line.includes(' master bridge '))).toHaveLength(3);
    expect(lines.filter((line) => line.includes('route'))).toEqual([]);
  });

  test('takes the prefix that the file says', () => {
    const { ipSteps } = planLab(TWO_HOSTS, { ...SECTION, underlay: '198.18.0.0/15' }, '/run');
    const lines = ipSteps.flatMap((step) => step.lines);
    expect(lines).toContain('address add 198.18.0.1/15 dev underlay');
  });

  test('brings lo up in every namespace', () => {
    const { ipSteps, namespaces } = plan(port('a30', 'x', 'a30'));
    const up = ipSteps.filter((step) => step.lines.includes('link set lo up')).map((step) => step.namespace);
    expect(new Set(up)).toEqual(new Set(namespaces));
  });

  test('starts each daemon with its own addresses, socket and log', () => {
    const { mapper, agents } = plan(port('a30', 'y', 'a30'));
    expect(mapper.arguments.join(' ')).toContain('mapper --listen 198.18.0.100:7791');
    const [, y] = agents;
    expect(y?.arguments.join(' ')).toContain('agent --host y --underlay 198.18.1.2:9000 --mapper 198.18.0.100:7791');
    expect(y?.arguments.join(' ')).toContain(
      '--socket /run/netweft/lab/test/y.sock --metrics unix:/run/netweft/lab/test/y.metrics',
    );
    expect(mapper.arguments.join(' ')).toContain('--metrics unix:/run/netweft/lab/test/mapper.metrics');
    expect(y).toMatchObject({ namespace: 'weft-test-y', ports: 1, socket: '/run/netweft/lab/test/y.sock' });
    expect(agents.map((agent) => agent.ports)).toEqual([0, 1]);
  });

  test('lets an agent offer what the file says, and every other what it offers by itself', () => {
    const hosts = [{ name: 'y', frameworks: ['udp-pb/1.0', 'udp/2.0'] }];
    const [x, y] = planLab(TWO_HOSTS, { ...SECTION, hosts }, '/run').agents;
    expect(y?.arguments.slice(-2)).toEqual(['--frameworks', 'udp-pb/1.0,udp/2.0']);
    expect(x?.arguments).not.toContain('--frameworks');
  });

  test('keeps a guest without a namespace on its host', () => {
    const { guests, namespaces } = plan(port('a30', 'x'));
    expect(guests[0]?.namespace).toBe('weft-test-x');
    expect(namespaces).toHaveLength(4);
  });

  test.each([
    ['two guests in one namespace', [port('a30', 'x', 'same'), port('b30', 'y', 'same')]],
    ['a guest in the namespace of another host', [port('a30', 'x', 'weft-test-y')]],
    ['a guest in the bridge', [port('a30', 'x', 'weft-test-bridge')]],
    ['a namespace given by its path', [port('a30', 'x', '/run/netns/a30')]],
    ['a host named as the mapping daemon', [host('mapper', '198.18.0.9')]],
  ])('refuses %s', (_, records) => {
    expect(() => plan(...records)).toThrow(UserError);
  });
});

describe('names of a lab', () => {
  const made = plan(port('a30', 'x', 'ns-a'), port('b30', 'y', 'ns-b1'), port('b30', 'y', 'ns-b2', 'other'));

  test.each([
    ['a30', 'ns-a'],
    ['ns-b2', 'ns-b2'],
    ['x', 'weft-test-x'],
    ['mapper', 'weft-test-mapper'],
    ['bridge', 'weft-test-bridge'],
  ])('%s is the namespace %s', (name, namespace) => {
    expect(resolveTarget(made, name)).toBe(namespace);
  });

  test('a guest with two namespaces is refused, and so is an unknown name', () => {
    expect(() => resolveTarget(made, 'b30')).toThrow('several namespaces');
    expect(() => resolveTarget(made, 'nobody')).toThrow('has no nobody');
  });

  test('daemons go by their host, or as mapper', () => {
    expect(resolveDaemon(made, 'y').namespace).toBe('weft-test-y');
    expect(resolveDaemon(made, 'mapper').namespace).toBe('weft-test-mapper');
    expect(() => resolveDaemon(made, 'a30')).toThrow('has no daemon a30');
  });
});
