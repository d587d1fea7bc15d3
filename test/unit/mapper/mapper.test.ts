import { describe, expect, test } from 'vitest';
import { formatAddress } from '../../../src/base/ipv4.ts';
import { encodeMessage } from '../../../src/control/codec.ts';
import type { AgreementItem, Item } from '../../../src/control/messages.ts';
import { plainSessionLayer } from '../../../src/control/session-layer.ts';
import { changed, TestCloud, TWO_TENANTS } from './test-cloud.ts';

const A = 1001;
const B = 2002;

/** What matters of items, in short. */
function brief(items: readonly Item[] | undefined): string[] | undefined {
  return items?.map((item) => {
    switch (item.kind) {
      case 'mapping':
        return `mapping ${item.key.gni} ${formatAddress(item.key.address)} ${item.host ?? 'nobody'}`;
      case 'agreement':
        return `agreement ${item.sender}>${item.receiver} ${item.framework}`;
      case 'agreement-gone':
        return 'agreement-gone';
      default:
        return `${item.kind} ${item.name}`;
    }
  });
}

function agreementsOf(items: readonly Item[] | undefined): AgreementItem[] {
  return items?.filter((item) => item.kind === 'agreement') ?? [];
}

describe('registration', () => {
  test('of a host with a record', async () => {
    const cloud = await TestCloud.open();
    const x = cloud.agent('x', '198.18.0.11');
    expect(await x.register()).toMatchObject({
      kind: 'registered',
      incarnation: cloud.store.incarnation,
      heartbeatMs: 1000,
    });
    expect(x.session).toBeGreaterThan(0);
    expect(cloud.mapper.status().hosts.map(({ name, state }) => [name, state])).toEqual([
      ['x', 'up'],
      ['y', 'absent'],
      ['z', 'absent'],
    ]);
  });

  test('of a host without one is refused with a way out', async () => {
    const cloud = await TestCloud.open();
    const answer = await cloud.agent('w', '198.18.0.14').register();
    expect(answer).toMatchObject({ kind: 'refused', code: 'unknown-host' });
    expect(answer).toHaveProperty('reason', expect.stringMatching(/no host w .* apply a record .*--host/));
  });

  test('sent twice is one session, and a late duplicate does not disturb the next one', async () => {
    const cloud = await TestCloud.open();
    const x = cloud.agent('x', '198.18.0.11');
    await x.register();
    const { host, boot, frameworks, session } = x;
    const again = await x.ask({ kind: 'register', host, boot, agentVersion: '0.1.0', frameworks }, 0, 1);
    expect(again).toMatchObject({ kind: 'registered', session });
    await x.register();
    expect(x.session).not.toBe(session);
    x.answers.clear();
    expect(await x.ask({ kind: 'register', host, boot, agentVersion: '0.1.0', frameworks }, 0, 1)).toBeUndefined();
    expect(await x.ask({ kind: 'heartbeat' })).toEqual({ kind: 'heartbeat-ack' });
  });

  test('a new boot replaces the old one, which cannot come back while the new one lives', async () => {
    const cloud = await TestCloud.open();
    const old = cloud.agent('x', '198.18.0.11');
    await old.register();
    const next = cloud.agent('x', '198.18.0.99');
    next.boot = 'ffffffffffffffff';
    await next.register();
    expect(await old.ask({ kind: 'heartbeat' })).toMatchObject({ kind: 'refused', code: 'unknown-session' });
    const refused = await old.register();
    expect(refused).toMatchObject({ kind: 'refused', code: 'in-use' });
    expect(refused).toHaveProperty(
      'reason',
      expect.stringMatching(/another agent registered as host x.*198\.18\.0\.99.*stop one/),
    );
    expect(await next.ask({ kind: 'heartbeat' })).toEqual({ kind: 'heartbeat-ack' });
    await cloud.clock.pass(6_000);
    expect(await old.register()).toMatchObject({ kind: 'registered' });
  });

  test('an agent that moved to another endpoint goes on in its session', async () => {
    const cloud = await TestCloud.open();
    const x = cloud.agent('x', '198.18.0.11');
    await x.start();
    const moved = cloud.agent('x', '198.18.0.77');
    moved.session = x.session;
    expect(await moved.ask({ kind: 'heartbeat' }, x.session, 1_000)).toEqual({ kind: 'heartbeat-ack' });
    await cloud.mapper.apply([changed('port', 'a30', { device: 'other0' })]);
    await cloud.clock.pass(10);
    expect(brief(moved.takePushed())).toEqual(['port a30']);
    expect(x.takePushed()).toEqual([]);
  });

  test('a session ends after five seconds of silence, and lasts with heartbeats', async () => {
    const cloud = await TestCloud.open();
    const x = cloud.agent('x', '198.18.0.11');
    const y = cloud.agent('y', '198.18.0.12');
    await x.register();
    await y.register();
    for (let second = 0; second < 10; second++) {
      await cloud.clock.pass(1_000);
      await x.ask({ kind: 'heartbeat' });
    }
    expect(cloud.mapper.status().hosts.map(({ state }) => state)).toEqual(['up', 'silent', 'absent']);
    expect(await y.ask({ kind: 'heartbeat' })).toMatchObject({ kind: 'refused', code: 'unknown-session' });
  });
});

describe('sync', () => {
  test('tells a host its subnets and ports, and nothing of others', async () => {
    const cloud = await TestCloud.open();
    const x = cloud.agent('x', '198.18.0.11');
    await x.register();
    const items = await x.sync();
    expect(brief(items)).toEqual(['subnet a-subnet', 'subnet b-subnet', 'port a30', 'port b30']);
    expect(items.find((item) => item.kind === 'port')).toMatchObject({
      gni: A,
      network: 'a-net',
      subnet: { address: 0x0a010200, length: 24 },
      addresses: [0x0a01021e],
      mtu: 1400,
      labels: [],
      device: 'weft0',
      namespace: 'a30',
    });
  });

  test('comes in pages, each of which may be asked for again', async () => {
    const guests = Array.from({ length: 200 }, (_, index) =>
      changed('port', 'a30', {
        name: `p${index}`,
        addresses: [`10.1.2.${100 + (index % 100)}`],
        device: `wp${index}`,
        subnet: index < 100 ? 'a-subnet' : 'b-subnet',
        guest: index < 100 ? 'a30' : 'b30',
      }),
    );
    const cloud = await TestCloud.open([...TWO_TENANTS, ...guests]);
    const x = cloud.agent('x', '198.18.0.11');
    await x.register();
    const first = await x.ask({ kind: 'sync', cursor: '' });
    expect(first).toMatchObject({ kind: 'sync-page', next: expect.stringMatching(/./) });
    expect(await x.ask({ kind: 'sync', cursor: '' })).toEqual(first);
    const names = (await x.sync()).flatMap((item) => (item.kind === 'port' ? [item.name] : []));
    expect(new Set(names).size).toBe(202);
    expect(names).toHaveLength(202);
  });

  test('has the agreements of the host: as receiver all, as sender those the receiver has', async () => {
    const cloud = await TestCloud.open();
    const { x, y } = await cloud.started();
    y.takesPushes = false;
    x.send({ id: x.nextId++, session: x.session, body: { kind: 'lookup', keys: [{ gni: A, address: 0x0a010232 }] } });
    await cloud.clock.pass(10);
    expect(brief(await x.sync())?.slice(4)).toEqual(['host y', 'agreement y>x udp/2.0']);
    expect(brief(await y.sync())?.slice(4)).toEqual(['host x', 'agreement x>y udp/2.0', 'agreement y>x udp/2.0']);
  });
});

describe('look-up', () => {
  test('answers once the receiver has the agreement, with all that is needed', async () => {
    const cloud = await TestCloud.open();
    const { x, y } = await cloud.started();
    expect(brief(await x.lookup(A, '10.1.2.50'))).toEqual([
      'host y',
      'agreement x>y udp/2.0',
      `mapping ${A} 10.1.2.50 y`,
    ]);
    // Told before the answer left.
    expect(brief(y.takePushed())).toContain('agreement x>y udp/2.0');
    expect(await x.mapping(A, '10.1.2.50')).toMatchObject({ host: 'y', validMs: 60_000 });
  });

  test('the same address of two tenants is two mappings', async () => {
    const cloud = await TestCloud.open();
    const { x } = await cloud.started();
    await cloud.mapper.apply([changed('port', 'b50', { host: 'z' })]);
    await cloud.clock.pass(10);
    expect(await x.mapping(A, '10.1.2.50')).toMatchObject({ host: 'y' });
    expect(await x.mapping(B, '10.1.2.50')).toMatchObject({ host: 'y' });
    await cloud.mapper.delete('port', 'b50');
    expect(await x.mapping(A, '10.1.2.50')).toMatchObject({ host: 'y' });
    expect(await x.mapping(B, '10.1.2.50')).toMatchObject({ host: undefined });
  });

  test("is negative for an address of no port, of a port that is not up, and of a GNI that is not the host's", async () => {
    const cloud = await TestCloud.open();
    const { x, z } = await cloud.started();
    expect(await x.mapping(A, '10.1.2.99')).toMatchObject({ host: undefined, validMs: 2_000 });
    expect(await x.mapping(7, '10.1.2.50')).toMatchObject({ host: undefined });
    const port = (await z.sync()).find((item) => item.kind === 'port' && item.name === 'a70');
    await z.report('a70', port?.revision ?? 0, 'lost');
    expect(await x.mapping(A, '10.1.2.70')).toMatchObject({ host: undefined });
    expect(cloud.mapper.get('port', 'a70')[0]?.state).toBe('lost');
  });

  test("of a GNI that becomes the host's is newer than the answer before", async () => {
    const cloud = await TestCloud.open(TWO_TENANTS.filter(({ spec }) => spec.name !== 'b30'));
    const { x } = await cloud.started();
    const before = await x.mapping(B, '10.1.2.50');
    expect(before?.host).toBeUndefined();
    await cloud.mapper.apply([changed('guest', 'b30', {}), changed('port', 'b30', {})]);
    const after = await x.mapping(B, '10.1.2.50');
    expect(after?.host).toBe('y');
    expect(after?.revision).toBeGreaterThan(before?.revision ?? 0);
  });

  test('is held while the receiver does not acknowledge, then answered without the key, which follows as a push', async () => {
    const cloud = await TestCloud.open();
    const { x, y } = await cloud.started();
    y.takesPushes = false;
    const held = await x.lookup(A, '10.1.2.50', '10.1.2.99');
    expect(held).toBeUndefined();
    await cloud.clock.pass(999);
    expect(x.answers.get(x.nextId - 1)).toBeUndefined();
    await cloud.clock.pass(1);
    const answer = x.answers.get(x.nextId - 1);
    expect(brief(answer?.kind === 'lookup-answer' ? answer.items : [])).toEqual([`mapping ${A} 10.1.2.99 nobody`]);
    y.takesPushes = true;
    await cloud.clock.pass(3_000);
    expect(brief(x.takePushed())).toEqual(
      expect.arrayContaining(['host y', 'agreement x>y udp/2.0', `mapping ${A} 10.1.2.50 y`]),
    );
  });

  test('is answered at once when the receiver acknowledges within the hold', async () => {
    const cloud = await TestCloud.open();
    const { x, y } = await cloud.started();
    y.takesPushes = false;
    expect(await x.lookup(A, '10.1.2.50')).toBeUndefined();
    y.takesPushes = true;
    await cloud.clock.pass(600);
    const answer = x.answers.get(x.nextId - 1);
    expect(brief(answer?.kind === 'lookup-answer' ? answer.items : [])).toContain(`mapping ${A} 10.1.2.50 y`);
  });

  test('waits for a receiver that registers within the hold', async () => {
    const cloud = await TestCloud.open();
    const { x } = await cloud.started();
    await cloud.restart();
    await x.register();
    expect(await x.lookup(A, '10.1.2.50')).toBeUndefined();
    const y = cloud.agent('y', '198.18.0.12');
    await y.register();
    const answer = x.answers.get(x.nextId - 1);
    expect(brief(answer?.kind === 'lookup-answer' ? answer.items : [])).toContain(`mapping ${A} 10.1.2.50 y`);
  });

  test('sent again is executed once and answered the same', async () => {
    const cloud = await TestCloud.open();
    const { x } = await cloud.started();
    const body = { kind: 'lookup', keys: [{ gni: A, address: 0x0a010232 }] } as const;
    const first = await x.ask(body, x.session, 700);
    const lookups = cloud.counter('lookups');
    x.answers.clear();
    expect(await x.ask(body, x.session, 700)).toEqual(first);
    expect(cloud.counter('lookups')).toBe(lookups);
  });

  test('of more mappings than fit one message is cut, and the rest can be asked again', async () => {
    const hosts = Array.from({ length: 32 }, (_, index) => index);
    const records = hosts.flatMap((index) => [
      {
        kind: 'host',
        spec: { name: `host-with-a-rather-long-name-${index}`, underlay: `198.18.1.${index + 1}` },
      } as const,
      changed('port', 'a30', {
        name: `p${index}`,
        host: `host-with-a-rather-long-name-${index}`,
        addresses: [`10.1.2.${100 + index}`],
      }),
    ]);
    const cloud = await TestCloud.open([...TWO_TENANTS, ...records]);
    const { x } = await cloud.started();
    for (const index of hosts)
      await cloud.agent(`host-with-a-rather-long-name-${index}`, `198.18.1.${index + 1}`).start();
    let left = hosts.map((index) => `10.1.2.${100 + index}`);
    let rounds = 0;
    while (left.length > 0) {
      const mapped = (await x.lookup(A, ...left))?.flatMap((item) =>
        item.kind === 'mapping' ? [formatAddress(item.key.address)] : [],
      );
      expect(mapped?.length).toBeGreaterThan(0);
      left = left.filter((address) => mapped?.includes(address) !== true);
      rounds++;
    }
    expect(rounds).toBeGreaterThan(1);
  });

  test('too many that wait are refused as busy', async () => {
    const cloud = await TestCloud.open();
    const { x, y } = await cloud.started();
    y.takesPushes = false;
    for (let count = 0; count < 16; count++) await x.lookup(A, '10.1.2.50');
    const keys = [{ gni: A, address: 0x0a010232 }];
    expect(await x.ask({ kind: 'lookup', keys })).toMatchObject({ kind: 'refused', code: 'busy' });
  });
});

describe('what changes is pushed', () => {
  test('a new port to its host, a removed one as gone', async () => {
    const cloud = await TestCloud.open();
    const { x, y } = await cloud.started();
    await cloud.mapper.apply([changed('port', 'a30', { name: 'a31', addresses: ['10.1.2.31'], device: 'weft1' })]);
    await cloud.clock.pass(10);
    expect(brief(x.takePushed())).toEqual(['port a31']);
    await cloud.mapper.delete('port', 'a31');
    await cloud.clock.pass(10);
    expect(brief(x.takePushed())).toEqual(['port-gone a31']);
    expect(y.takePushed()).toEqual([]);
  });

  test('a change of a network to all hosts with ports in it', async () => {
    const cloud = await TestCloud.open();
    const { x, y } = await cloud.started();
    const before = (await x.sync()).find((item) => item.kind === 'port');
    await cloud.mapper.apply([changed('network', 'a-net', { mtu: 1300, labels: [7] })]);
    await cloud.clock.pass(10);
    const pushed = x.takePushed();
    expect(brief(pushed)).toEqual(['port a30']);
    const port = pushed.find((item) => item.kind === 'port');
    expect(port).toMatchObject({ mtu: 1300, labels: [7] });
    expect(port?.revision).toBeGreaterThan(before?.revision ?? 0);
    expect(brief(y.takePushed())).toEqual(['port a50']);
    // The mapping lives on while the device changes.
    expect(await x.mapping(A, '10.1.2.50')).toMatchObject({ host: 'y' });
  });

  test('a new subnet to the hosts of its network, gone with the last port, and newer when it comes back', async () => {
    const cloud = await TestCloud.open();
    const { x, y } = await cloud.started();
    const subnet = { kind: 'subnet', spec: { name: 's', network: 'b-net', prefix: '10.2.0.0/16' } } as const;
    await cloud.mapper.apply([subnet]);
    await cloud.clock.pass(10);
    expect(brief(x.takePushed())).toEqual(['subnet s']);
    await cloud.mapper.apply([changed('port', 'b30', { host: 'y', device: 'weft9' })]);
    await cloud.clock.pass(10);
    const gone = x.takePushed();
    expect(brief(gone)?.toSorted()).toEqual(['port-gone b30', 'subnet-gone b-subnet', 'subnet-gone s']);
    y.takePushed();
    await cloud.mapper.apply([changed('port', 'b30', {})]);
    await cloud.clock.pass(10);
    const back = x.takePushed();
    expect(brief(back)?.toSorted()).toEqual(['port b30', 'subnet b-subnet', 'subnet s']);
    expect(Math.min(...back.map((item) => item.revision))).toBeGreaterThan(
      Math.max(...gone.map((item) => item.revision)),
    );
  });

  test("a host's endpoint to the hosts that talk to it", async () => {
    const cloud = await TestCloud.open();
    const { x, z } = await cloud.started();
    await x.lookup(A, '10.1.2.50');
    x.takePushed();
    z.takePushed();
    await cloud.mapper.apply([changed('host', 'y', { underlay: '198.18.0.22:9000' })]);
    await cloud.clock.pass(10);
    expect(x.takePushed()).toMatchObject([{ kind: 'host', name: 'y', endpoint: { address: 0xc6120016, port: 9000 } }]);
    expect(z.takePushed()).toEqual([]);
  });

  test('pushes are sent again until they are acknowledged', async () => {
    const cloud = await TestCloud.open();
    const { x } = await cloud.started();
    x.takesPushes = false;
    const received = x.received;
    await cloud.mapper.apply([changed('port', 'a30', { device: 'other0' })]);
    await cloud.clock.pass(2_000);
    expect(x.received).toBeGreaterThan(received + 1);
    x.takesPushes = true;
    await cloud.clock.pass(2_500);
    expect(brief(x.takePushed())).toEqual(['port a30']);
  });

  test('a removed host is gone for its peers, with its agreements', async () => {
    const cloud = await TestCloud.open();
    const { x, y } = await cloud.started();
    await x.lookup(A, '10.1.2.50');
    await cloud.clock.pass(10);
    expect(cloud.mapper.state.agreements.count).toBe(2);
    x.takePushed();
    for (const port of ['a50', 'b50']) await cloud.mapper.delete('port', port);
    await cloud.mapper.delete('host', 'y');
    await cloud.clock.pass(10);
    expect(brief(x.takePushed())).toEqual([
      `mapping ${A} 10.1.2.50 nobody`,
      'host-gone y',
      'agreement-gone',
      'agreement-gone',
    ]);
    expect(cloud.mapper.state.agreements.count).toBe(0);
    expect(await y.ask({ kind: 'heartbeat' })).toMatchObject({ code: 'unknown-session' });
    expect(await y.register()).toMatchObject({ code: 'unknown-host' });
  });
});

describe('a guest that moves', () => {
  async function moving() {
    const cloud = await TestCloud.open();
    const agents = await cloud.started();
    const before = await agents.x.mapping(A, '10.1.2.50');
    await agents.x.lookup(A, '10.1.2.70');
    await cloud.clock.pass(10);
    for (const agent of Object.values(agents)) agent.takePushed();
    const { revision } = await cloud.mapper.apply([changed('port', 'a50', { host: 'z' })]);
    await cloud.clock.pass(10);
    return { cloud, ...agents, revision, before };
  }

  test('stays where it was until the new host has it', async () => {
    const { cloud, x, y, z, revision, before } = await moving();
    expect(brief(y.takePushed())).toContain('port-gone a50');
    expect(brief(z.takePushed())).toContain('port a50');
    expect(x.takePushed()).toEqual([]);
    expect(await x.mapping(A, '10.1.2.50')).toMatchObject({ host: 'y' });
    expect(cloud.mapper.get('port', 'a50')[0]?.state).toBe('moving');
    await z.report('a50', revision, 'up');
    await cloud.clock.pass(10);
    const [mapping] = x.takePushed().filter((item) => item.kind === 'mapping');
    expect(mapping).toMatchObject({ host: 'z' });
    expect(mapping?.revision).toBeGreaterThan(before?.revision ?? 0);
    // Late: it is not the old host's any more.
    await y.report('a50', revision, 'removed');
    expect(await x.mapping(A, '10.1.2.50')).toMatchObject({ host: 'z' });
  });

  test('is nowhere between its removal and its return', async () => {
    const { cloud, x, y, z, revision } = await moving();
    await y.report('a50', revision, 'removed');
    await cloud.clock.pass(10);
    const [gone] = x.takePushed();
    expect(gone).toMatchObject({ kind: 'mapping', host: undefined, validMs: 2_000 });
    await z.report('a50', revision, 'up');
    await cloud.clock.pass(10);
    const back = x.takePushed().find((item) => item.kind === 'mapping');
    expect(back).toMatchObject({ host: 'z', validMs: 60_000 });
    expect(back?.revision).toBeGreaterThan(gone?.revision ?? 0);
  });

  test('to a host the subscriber never talked to: told when that host has the agreement', async () => {
    const cloud = await TestCloud.open([
      ...TWO_TENANTS,
      { kind: 'host', spec: { name: 'w', underlay: '198.18.0.14' } },
    ]);
    const { x } = await cloud.started();
    const w = cloud.agent('w', '198.18.0.14');
    await w.start();
    await x.lookup(A, '10.1.2.50');
    x.takePushed();
    const { revision } = await cloud.mapper.apply([changed('port', 'a50', { host: 'w' })]);
    w.takesPushes = false;
    await w.report('a50', revision, 'up');
    await cloud.clock.pass(10);
    expect(brief(x.takePushed())).not.toContain(`mapping ${A} 10.1.2.50 w`);
    w.takesPushes = true;
    await cloud.clock.pass(2_500);
    const told = brief(x.takePushed()) ?? [];
    expect(told).toEqual(expect.arrayContaining(['host w', 'agreement x>w udp/2.0', `mapping ${A} 10.1.2.50 w`]));
    expect(told.indexOf('agreement x>w udp/2.0')).toBeLessThan(told.indexOf(`mapping ${A} 10.1.2.50 w`));
  });

  test('reports that arrive in another order than they were made do not undo each other', async () => {
    const { x, z, revision } = await moving();
    const report = (state: 'up' | 'lost') => ({ kind: 'report', ports: [{ name: 'a50', revision, state }] }) as const;
    const [lost, up] = [z.nextId++, z.nextId++];
    await z.ask(report('up'), z.session, up);
    await z.ask(report('lost'), z.session, lost);
    expect(await x.mapping(A, '10.1.2.50')).toMatchObject({ host: 'z' });
  });

  test("a report about an older item, or another host's port, changes nothing", async () => {
    const { cloud, x, z, revision } = await moving();
    await z.report('a50', revision - 1, 'up');
    await z.report('a30', revision, 'removed');
    await z.report('no-such-port', revision, 'up');
    expect(await x.mapping(A, '10.1.2.50')).toMatchObject({ host: 'y' });
    expect((await cloud.store.list('live/')).entries).toHaveLength(6);
  });
});

describe('withdrawal', () => {
  test('of an address is newer than what it withdraws, and its return newer than that', async () => {
    const cloud = await TestCloud.open();
    const { x, y } = await cloud.started();
    const revisions: number[] = [];
    revisions.push((await x.mapping(A, '10.1.2.50'))?.revision ?? 0);
    await cloud.mapper.apply([changed('port', 'a50', { addresses: ['10.1.2.51'] })]);
    await cloud.clock.pass(10);
    const gone = x.takePushed().find((item) => item.kind === 'mapping');
    expect(gone?.host).toBeUndefined();
    revisions.push(gone?.revision ?? 0);
    const { revision } = await cloud.mapper.apply([changed('port', 'a50', {})]);
    await y.report('a50', revision, 'up');
    await cloud.clock.pass(10);
    const back = x.takePushed().findLast((item) => item.kind === 'mapping');
    expect(back?.host).toBe('y');
    revisions.push(back?.revision ?? 0);
    expect(revisions).toEqual(revisions.toSorted((a, b) => a - b));
    expect(new Set(revisions).size).toBe(3);
  });

  test('reaches every subscriber, and no one else', async () => {
    const cloud = await TestCloud.open();
    const { x, y, z } = await cloud.started();
    await x.lookup(A, '10.1.2.70');
    await cloud.clock.pass(10);
    for (const agent of [x, y, z]) agent.takePushed();
    await cloud.mapper.delete('port', 'a70');
    await cloud.clock.pass(10);
    expect(brief(x.takePushed())).toEqual([`mapping ${A} 10.1.2.70 nobody`]);
    expect(y.takePushed()).toEqual([]);
  });
});

describe('a restart of the daemon', () => {
  test('forgets nothing that is in the store', async () => {
    const cloud = await TestCloud.open();
    const { x, y } = await cloud.started();
    const before = await x.lookup(A, '10.1.2.50');
    await cloud.clock.pass(10);
    y.takePushed();
    await cloud.restart();
    expect(await x.ask({ kind: 'heartbeat' })).toMatchObject({ kind: 'refused', code: 'unknown-session' });
    await x.register();
    expect(agreementsOf(await x.sync())).toEqual(expect.arrayContaining(agreementsOf(before)));
    // The receiver need not be back: its agreement and its port are known.
    expect(await x.lookup(A, '10.1.2.50')).toEqual(before);
    await y.register();
    expect(y.takePushed()).toEqual([]);
    expect(cloud.mapper.get('port').map(({ state }) => state)).toEqual(Array(6).fill('up'));
  });

  test('an agreement that was not acknowledged is offered again', async () => {
    const cloud = await TestCloud.open();
    const { x, y } = await cloud.started();
    y.takesPushes = false;
    await x.lookup(A, '10.1.2.50');
    await cloud.restart();
    await x.register();
    await y.register();
    y.takesPushes = true;
    await cloud.clock.pass(2_500);
    expect(brief(y.takePushed())).toContain('agreement x>y udp/2.0');
    expect(brief(await x.lookup(A, '10.1.2.50'))).toContain(`mapping ${A} 10.1.2.50 y`);
    expect(new Set(cloud.mapper.state.agreements.all().map(({ id }) => id)).size).toBe(2);
  });

  test('leaves no timer behind', async () => {
    const cloud = await TestCloud.open();
    const { x, y } = await cloud.started();
    y.takesPushes = false;
    await x.lookup(A, '10.1.2.50');
    expect(cloud.clock.pendingTimers).toBeGreaterThan(0);
    cloud.mapper.stop();
    expect(cloud.clock.pendingTimers).toBe(0);
  });
});

describe('a restart of an agent', () => {
  test('keeps its mappings: peers are told nothing', async () => {
    const cloud = await TestCloud.open();
    const { x, y } = await cloud.started();
    await x.lookup(A, '10.1.2.50');
    await cloud.clock.pass(10);
    x.takePushed();
    y.boot = 'eeeeeeeeeeeeeeee';
    await y.start();
    await cloud.clock.pass(10);
    expect(x.takePushed()).toEqual([]);
    expect(
      agreementsOf(await y.sync())
        .map(({ sender }) => sender)
        .toSorted(),
    ).toEqual(['x', 'y']);
  });
});

describe('agreements', () => {
  test('change when capabilities change: made before the old one is broken', async () => {
    const cloud = await TestCloud.open();
    const { x, y } = await cloud.started();
    await x.lookup(A, '10.1.2.50');
    await cloud.clock.pass(10);
    const old = cloud.mapper.state.agreements.active('x', 'y');
    expect(old?.framework).toBe('udp/2.0');
    x.takePushed();
    y.takePushed();
    // y comes back with an older version only, and does not take pushes at first.
    y.frameworks = ['udp/1.0'];
    y.takesPushes = false;
    await y.register();
    await cloud.clock.pass(10);
    expect(brief(x.takePushed())).toEqual(['host y', 'agreement y>x udp/1.0']);
    expect(cloud.mapper.state.agreements.active('x', 'y')).toEqual(old);
    y.takesPushes = true;
    await cloud.clock.pass(2_500);
    const [told] = agreementsOf(x.takePushed());
    expect(told).toMatchObject({ sender: 'x', receiver: 'y', framework: 'udp/1.0' });
    expect(told?.revision).toBeGreaterThan(old?.revision ?? 0);
    expect(told?.id).not.toBe(old?.id);
    // The receiver accepts the old one while what is on its way arrives.
    expect(cloud.mapper.state.agreements.of('x', 'y')).toHaveLength(2);
    for (let second = 0; second < 11; second++) {
      await cloud.clock.pass(1_000);
      for (const agent of [x, y]) await agent.ask({ kind: 'heartbeat' });
    }
    expect(cloud.mapper.state.agreements.of('x', 'y').map(({ id }) => id)).toEqual([told?.id]);
    expect(y.takePushed()).toContainEqual(expect.objectContaining({ kind: 'agreement-gone', id: old?.id }));
  });

  test('without a common framework: a negative answer, and a warning that names both', async () => {
    const cloud = await TestCloud.open();
    const { x, y } = await cloud.started();
    expect(await x.mapping(A, '10.1.2.50')).toMatchObject({ host: 'y' });
    await cloud.clock.pass(10);
    y.frameworks = ['udp/9.0'];
    await y.register();
    const negative = await x.mapping(A, '10.1.2.50');
    expect(negative).toMatchObject({ host: undefined });
    expect(cloud.mapper.state.agreements.count).toBe(0);
    expect(cloud.warnings).toContainEqual({
      event: 'no-common-framework',
      fields: expect.objectContaining({
        sender: 'x',
        receiver: 'y',
        senderOffers: 'udp/2.0,udp/1.0',
        receiverOffers: 'udp/9.0',
      }),
    });
    y.frameworks = ['udp/1.0'];
    await y.register();
    const positive = await x.mapping(A, '10.1.2.50');
    expect(positive).toMatchObject({ host: 'y' });
    expect(positive?.revision).toBeGreaterThan(negative?.revision ?? 0);
  });

  test('ids are never used twice, not even after a restart', async () => {
    const cloud = await TestCloud.open();
    const { x, y } = await cloud.started();
    const seen: number[] = [];
    for (const frameworks of [['udp/2.0'], ['udp/1.0'], ['udp/2.0']]) {
      y.frameworks = frameworks;
      await cloud.restart();
      await x.register();
      await y.register();
      await x.lookup(A, '10.1.2.50');
      await cloud.clock.pass(10);
      seen.push(...cloud.mapper.state.agreements.all().map(({ id }) => id));
    }
    const newest = cloud.mapper.state.agreements.active('x', 'y');
    expect(newest?.id).toBe(Math.max(...cloud.mapper.state.agreements.of('x', 'y').map(({ id }) => id)));
    expect(new Set(seen).size).toBe(6);
  });
});

describe('strangers', () => {
  test('get silence, and are counted', async () => {
    const cloud = await TestCloud.open();
    const x = cloud.agent('x', '198.18.0.11');
    const layer = plainSessionLayer();
    const heartbeat = layer.seal(encodeMessage({ id: 1, session: 5, body: { kind: 'heartbeat' } }), x.endpoint);
    const bad = [
      new Uint8Array(0),
      new Uint8Array(1500),
      Uint8Array.of(0x57, 9, 1, 2, 3),
      heartbeat.subarray(0, heartbeat.length - 1),
      Uint8Array.of(...heartbeat, 0),
      heartbeat.map((byte, index) => (index === 3 ? 255 : byte)),
    ];
    for (const datagram of bad) cloud.mapper.receive(x.endpoint, datagram);
    await cloud.clock.pass(10);
    expect(x.received).toBe(0);
    expect(cloud.counter('undecodable')).toBe(bad.length);
  });

  test('answers and acknowledgements that nobody asked for are counted and ignored', async () => {
    const cloud = await TestCloud.open();
    const x = cloud.agent('x', '198.18.0.11');
    x.send({ id: 1, session: 5, body: { kind: 'heartbeat-ack' } });
    x.send({ id: 0, session: 5, body: { kind: 'push-ack', sequence: 3 } });
    x.send({
      id: 0,
      session: 5,
      body: { kind: 'push', sequence: 1, items: [{ kind: 'port-gone', name: 'p', revision: 1 }] },
    });
    await cloud.clock.pass(10);
    expect(x.received).toBe(0);
    expect(cloud.counter('unexpected')).toBe(2);
  });
});
