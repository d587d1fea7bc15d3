import { describe, expect, test } from 'vitest';
import type { CloudRecord } from '../../../src/model/records.ts';
import { brief } from './items.ts';
import { changed, TestCloud, TWO_TENANTS } from './test-cloud.ts';

/** The GNI of tenant a. */
const A = 1001;

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
    const gone = x.takePushed().find((item) => item.kind === 'mapping');
    expect(gone).toMatchObject({ host: undefined, validMs: 2_000 });
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

  test('a report that an older item is lost does not take the newer one away', async () => {
    const cloud = await TestCloud.open();
    const { x, y } = await cloud.started();
    const { revision } = await cloud.mapper.apply([changed('port', 'a50', { device: 'other0' })]);
    await y.report('a50', revision, 'up');
    await y.report('a50', revision - 1, 'lost');
    expect(await x.mapping(A, '10.1.2.50')).toMatchObject({ host: 'y' });
    await y.report('a50', revision, 'lost');
    expect(await x.mapping(A, '10.1.2.50')).toMatchObject({ host: undefined });
  });

  test("a report about an older item, or another host's port, changes nothing", async () => {
    const { cloud, x, z, revision } = await moving();
    await z.report('a50', revision - 1, 'up');
    await z.report('a30', revision, 'removed');
    await z.report('a30', cloud.mapper.state.cloud.port('a30')?.item.revision ?? 0, 'up');
    expect(cloud.mapper.get('port', 'a30')[0]?.state).toBe('up');
    await z.report('no-such-port', revision, 'up');
    expect(await x.mapping(A, '10.1.2.50')).toMatchObject({ host: 'y' });
    expect((await cloud.store.list('live/')).entries).toHaveLength(6);
  });
});

describe('a host that is deleted', () => {
  test('holds nothing any more, and subscribers hear of it; nor does it when it comes back', async () => {
    const cloud = await TestCloud.open();
    const { x, y } = await cloud.started();
    const before = await x.mapping(A, '10.1.2.50');
    expect(before?.host).toBe('y');
    // Its ports move to a host that does not report them up.
    await cloud.mapper.apply([changed('port', 'a50', { host: 'z' }), changed('port', 'b50', { host: 'z' })]);
    await cloud.clock.pass(10);
    x.takePushed();
    await cloud.mapper.delete('host', 'y');
    await cloud.clock.pass(10);
    const gone = x.takePushed().find((item) => item.kind === 'mapping');
    expect(gone).toMatchObject({ key: { gni: A, address: 0x0a010232 }, host: undefined });
    expect(gone?.revision).toBeGreaterThan(before?.revision ?? 0);
    const lives = (await cloud.store.list('live/')).entries.map(({ key }) => key);
    expect(lives).toEqual(['live/port/a30', 'live/port/a70', 'live/port/b30', 'live/port/b70']);
    await cloud.mapper.apply([changed('host', 'y', {})]);
    await y.register();
    expect(await x.mapping(A, '10.1.2.50')).toMatchObject({ host: undefined });
  });

  test('with more ports than one transaction writes', async () => {
    const ports = Array.from({ length: 150 }, (_, index) =>
      changed('port', 'a50', { name: `p${index}`, addresses: [`10.1.2.${80 + index}`], device: `d${index}` }),
    );
    const cloud = await TestCloud.open([...TWO_TENANTS, ...ports]);
    await cloud.started();
    const all = [changed('port', 'a50', {}), changed('port', 'b50', {}), ...ports];
    await cloud.mapper.apply(all.map(({ spec }) => ({ kind: 'port', spec: { ...spec, host: 'z' } }) as CloudRecord));
    await cloud.mapper.delete('host', 'y');
    expect((await cloud.store.list('live/')).entries).toHaveLength(4);
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

  test('an address that is new to a port is nowhere until its host reports it up', async () => {
    const cloud = await TestCloud.open();
    const { x, y } = await cloud.started();
    const { revision } = await cloud.mapper.apply([changed('port', 'a50', { addresses: ['10.1.2.50', '10.1.2.51'] })]);
    expect(await x.mapping(A, '10.1.2.51')).toMatchObject({ host: undefined });
    expect(await x.mapping(A, '10.1.2.50')).toMatchObject({ host: 'y' });
    await y.report('a50', revision, 'up');
    await cloud.clock.pass(10);
    expect(x.takePushed()).toContainEqual(
      expect.objectContaining({ kind: 'mapping', key: { gni: A, address: 0x0a010233 }, host: 'y' }),
    );
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
