import { describe, expect, test } from 'vitest';
import { brief, revisions } from './items.ts';
import { changed, TestCloud } from './test-cloud.ts';

/** The GNI of tenant a. */
const A = 1001;

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
    expect(Math.min(...revisions(back))).toBeGreaterThan(Math.max(...revisions(gone)));
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
