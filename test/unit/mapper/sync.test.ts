import { describe, expect, test, vi } from 'vitest';
import { brief } from './items.ts';
import { changed, TestCloud, TWO_TENANTS } from './test-cloud.ts';

/** The GNI of tenant a. */
const A = 1001;

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

  /** Host x with many ports, p0 to p199, that has read its first page. */
  async function manyPorts() {
    const ports = Array.from({ length: 200 }, (_, index) =>
      changed('port', 'a30', {
        name: `p${index}`,
        addresses: [`10.1.2.${100 + (index % 100)}`],
        device: `wp${index}`,
        subnet: index < 100 ? 'a-subnet' : 'b-subnet',
        guest: index < 100 ? 'a30' : 'b30',
      }),
    );
    const cloud = await TestCloud.open([...TWO_TENANTS, ...ports]);
    const x = cloud.agent('x', '198.18.0.11');
    await x.register();
    const first = await x.ask({ kind: 'sync', cursor: '' });
    if (first?.kind !== 'sync-page') throw new Error(`no page but ${first?.kind}`);
    return { cloud, x, first };
  }

  test('has no part in what is gone when its page is asked for, and has what is new', async () => {
    const { cloud, x, first } = await manyPorts();
    await cloud.mapper.delete('port', 'p99');
    await cloud.mapper.apply([
      { kind: 'host', spec: { name: 'w', underlay: '198.18.0.14' } },
      changed('port', 'a30', { name: 'p999', addresses: ['10.1.2.99'], device: 'wp999' }),
    ]);
    const names = brief(await x.sync(first.next));
    expect(names).not.toContain('port p99');
    expect(names).toContain('port p999');
  });

  test('has agreements that are made while it goes on', async () => {
    const { cloud, x, first } = await manyPorts();
    await cloud.agent('y', '198.18.0.12').start();
    await x.lookup(A, '10.1.2.50');
    await cloud.clock.pass(10);
    expect(brief(await x.sync(first.next))?.slice(-3)).toEqual([
      'host y',
      'agreement x>y udp/2.0',
      'agreement y>x udp/2.0',
    ]);
    await x.ask({ kind: 'sync', cursor: '' });
    await cloud.mapper.apply([changed('host', 'y', { underlay: '198.18.0.99' })]);
    const host = (await x.sync(first.next)).find((item) => item.kind === 'host');
    expect(host?.endpoint.address).toBe(0xc6120063);
  });

  test('puts everything together once, not for every page', async () => {
    const { cloud, x, first } = await manyPorts();
    const puttingTogether = vi.spyOn(cloud.mapper.state.cloud, 'portsOf');
    expect((await x.sync(first.next)).length).toBeGreaterThan(100);
    expect(puttingTogether).not.toHaveBeenCalled();
  });

  test('comes in pages, each of which may be asked for again', async () => {
    const { x } = await manyPorts();
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
