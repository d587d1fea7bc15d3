import { describe, expect, test } from 'vitest';
import { formatAddress } from '../../../src/base/ipv4.ts';
import type { PortItem } from '../../../src/control/messages.ts';
import type { FakeAgent } from './fake-agent.ts';
import { brief } from './items.ts';
import { changed, TestCloud, TWO_TENANTS } from './test-cloud.ts';

/** The GNI of tenant a. */
const A = 1001;
/** The GNI of tenant b. */
const B = 2002;

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
    const port = (await z.sync()).find((item): item is PortItem => item.kind === 'port' && item.name === 'a70');
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

  test('of one key whose receiver is silent and of others: these are answered at once, that one follows as a push', async () => {
    const cloud = await TestCloud.open();
    const { x, y } = await cloud.started();
    await x.lookup(A, '10.1.2.70');
    await cloud.clock.pass(10);
    y.takesPushes = false;
    expect(brief(await x.lookup(A, '10.1.2.50', '10.1.2.99', '10.1.2.70'))).toEqual([
      `mapping ${A} 10.1.2.99 nobody`,
      'host z',
      'agreement x>z udp/2.0',
      `mapping ${A} 10.1.2.70 z`,
    ]);
    x.takePushed();
    y.takesPushes = true;
    await cloud.clock.pass(3_000);
    expect(brief(x.takePushed())?.slice(-3)).toEqual(['host y', 'agreement x>y udp/2.0', `mapping ${A} 10.1.2.50 y`]);
  });

  test('is held while no receiver acknowledges, then answered without the keys, which follow as pushes', async () => {
    const cloud = await TestCloud.open();
    const { x, y, z } = await cloud.started();
    y.takesPushes = false;
    z.takesPushes = false;
    const held = await x.lookup(A, '10.1.2.50', '10.1.2.70');
    expect(held).toBeUndefined();
    await cloud.clock.pass(999);
    expect(x.answers.get(x.nextId - 1)).toBeUndefined();
    await cloud.clock.pass(1);
    expect(x.answers.get(x.nextId - 1)).toEqual({ kind: 'lookup-answer', items: [] });
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

  test('too many that wait of all hosts together are refused as busy, until some are answered', async () => {
    const hosts = Array.from({ length: 65 }, (_, index) => index);
    const records = hosts.flatMap((index) => [
      { kind: 'host', spec: { name: `h${index}`, underlay: `198.18.1.${index + 1}` } } as const,
      changed('port', 'a30', { name: `p${index}`, host: `h${index}`, addresses: [`10.1.2.${100 + index}`] }),
    ]);
    const cloud = await TestCloud.open([...TWO_TENANTS, ...records]);
    const y = cloud.agent('y', '198.18.0.12');
    await y.start();
    y.takesPushes = false;
    const agents = hosts.map((index) => cloud.agent(`h${index}`, `198.18.1.${index + 1}`));
    for (const agent of agents) await agent.register();
    const body = { kind: 'lookup', keys: [{ gni: A, address: 0x0a010232 }] } as const;
    const ask = (agent: FakeAgent) => agent.send({ id: agent.nextId++, session: agent.session, body });
    for (const agent of agents.slice(0, 64)) for (let count = 0; count < 16; count++) ask(agent);
    expect(cloud.counter('lookupsRefused')).toBe(0);
    const [last] = agents.slice(64);
    expect(await last?.ask(body)).toMatchObject({ kind: 'refused', code: 'busy' });
    await cloud.clock.pass(1_000);
    expect(await last?.ask(body)).toBeUndefined();
    expect(cloud.counter('lookupsRefused')).toBe(1);
  });
});
