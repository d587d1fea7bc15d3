import { describe, expect, it } from 'vitest';
import { openReadyAgent, portItem, udpPacket } from '../../kit/agent-bench.ts';
import { address, GNI_A, header, hostItem, mappingItem } from '../../kit/cloud-of-one.ts';
import { refusal } from '../../kit/scripted-daemon.ts';

const PACKET = udpPacket('10.1.2.30', '10.1.2.50');
const KEY = { gni: GNI_A, address: address('10.1.2.50') };

function mapping(host: string, revision: number, validMs = 60_000) {
  return { ...mappingItem(GNI_A, '10.1.2.50', host, revision), validMs };
}

describe('an agent', () => {
  it('brings up its ports, says so, and asks for a mapping when a packet needs it', async () => {
    const { daemon, mappings, guestSends } = await openReadyAgent();
    expect(daemon.bodies('report')).toEqual([{ kind: 'report', ports: [{ name: 'a30', revision: 7, state: 'up' }] }]);
    mappings.push(mapping('y', 8));
    expect(await guestSends(PACKET)).toMatchObject([{ kind: 'underlay', bytes: PACKET }]);
    expect(daemon.bodies('lookup')).toEqual([{ kind: 'lookup', keys: [KEY] }]);
  });

  it('follows what is pushed', async () => {
    const { daemon, mappings, guestSends } = await openReadyAgent();
    mappings.push(mapping('y', 8));
    await guestSends(PACKET);
    daemon.push(1, [mapping('z', 9)]);
    await guestSends(PACKET);
    const [out] = await guestSends(PACKET);
    expect(out).toMatchObject({ destination: { address: address('198.18.0.13') } });
  });

  it('drops what it held for a port that goes, and reports it removed', async () => {
    const { agent, daemon, clock, guestSends } = await openReadyAgent();
    await guestSends(PACKET);
    daemon.push(1, [{ kind: 'port-gone', name: 'a30', revision: 9 }]);
    await clock.run(50);
    expect(agent.options.fastPath.status()).toMatchObject({ flows: 0, upcallsWaiting: 0 });
    expect(daemon.bodies('report').at(-1)?.ports).toEqual([{ name: 'a30', revision: 9, state: 'removed' }]);
  });

  it('takes for gone what a complete sync does not name', async () => {
    const { agent, daemon, clock } = await openReadyAgent();
    daemon.script.sync = () => ({ kind: 'sync-page', items: [], next: '' });
    daemon.restart(42);
    await clock.run(3000);
    expect(agent.state.peers.names()).toEqual([]);
    expect(agent.state.agreements.size).toBe(0);
    expect(agent.ports.all()).toEqual([]);
    expect(daemon.bodies('report').at(-1)?.ports).toEqual([{ name: 'a30', revision: 7, state: 'removed' }]);
  });

  it('tells a daemon that may have forgotten it what is up', async () => {
    const { daemon, clock } = await openReadyAgent();
    daemon.restart(42);
    await clock.run(3000);
    const up = { kind: 'report', ports: [{ name: 'a30', revision: 7, state: 'up' }] };
    expect(daemon.bodies('report')).toEqual([up, up]);
  });

  it('believes a store that counts anew', async () => {
    const { agent, daemon, clock } = await openReadyAgent();
    daemon.push(1, [mapping('y', 900), { kind: 'host-gone', name: 'z', revision: 900 }]);
    await clock.run(10);
    const items = [portItem({ revision: 3 }), hostItem('y', '198.18.0.15', 1), hostItem('z', '198.18.0.16', 1)];
    daemon.script.sync = () => ({ kind: 'sync-page', items: [...items, mapping('z', 2)], next: '' });
    daemon.restart(42, 'fedcba9876543210');
    await clock.run(3000);
    expect(agent.ports.byName('a30')).toMatchObject({ index: 0, state: 'up', item: { revision: 3 } });
    expect(agent.state.peer('y')?.endpoint.address).toBe(address('198.18.0.15'));
    expect(agent.state.peer('z')?.endpoint.address).toBe(address('198.18.0.16'));
    expect(daemon.bodies('report').at(-1)?.ports).toEqual([{ name: 'a30', revision: 3, state: 'up' }]);
  });
});

describe('mappings that are in use', () => {
  it('are asked again in a new session until they are answered, however often in vain', async () => {
    const { agent, daemon, clock, mappings, guestSends } = await openReadyAgent();
    mappings.push(mapping('y', 8));
    await guestSends(PACKET);
    const { lookup } = daemon.script;
    let inVain = 0;
    daemon.script.lookup = (body) => {
      if (++inVain === 1) return refusal('busy');
      return inVain === 2 ? { kind: 'lookup-answer', items: [] } : lookup(body);
    };
    mappings[0] = mapping('z', 9);
    daemon.restart(42);
    for (let second = 0; second < 6; second++) {
      await guestSends(PACKET);
      await clock.run(1000);
    }
    expect(inVain).toBe(3);
    expect(agent.state.mapping(GNI_A, KEY.address)?.host).toBe('z');
  });

  it('are asked again when their time is up, and used on until they are answered', async () => {
    const { agent, daemon, clock, mappings, guestSends } = await openReadyAgent();
    mappings.push(mapping('y', 8, 2000));
    await guestSends(PACKET);
    daemon.script.lookup = () => undefined;
    for (let second = 0; second < 10; second++) {
      await clock.run(1000);
      expect(await guestSends(PACKET)).toHaveLength(1);
    }
    expect(daemon.bodies('lookup').length).toBeGreaterThan(1);
    expect(agent.options.fastPath.drops().get('hold-timeout')).toBe(0);
  });
});

describe('mappings that nobody uses', () => {
  it('are forgotten in a new session, and asked when they are needed', async () => {
    const { agent, daemon, clock, mappings, guestSends } = await openReadyAgent();
    mappings.push(mapping('y', 8));
    await guestSends(PACKET);
    await clock.run(35_000);
    expect(agent.state.mapping(GNI_A, KEY.address)?.host).toBe('y');
    daemon.restart(42);
    await clock.run(5000);
    expect(agent.state.mapping(GNI_A, KEY.address)).toBeUndefined();
    expect(daemon.bodies('lookup')).toHaveLength(1);
    mappings[0] = mapping('z', 9);
    expect(await guestSends(PACKET)).toMatchObject([{ destination: { address: address('198.18.0.13') } }]);
  });

  it('are used on while the daemon is gone, however long', async () => {
    const { agent, daemon, clock, mappings, guestSends } = await openReadyAgent();
    mappings.push(mapping('y', 8, 20_000));
    await guestSends(PACKET);
    daemon.isThere = false;
    await clock.run(600_000);
    expect(agent.options.fastPath.status().flows).toBe(0);
    expect(await guestSends(PACKET)).toMatchObject([{ kind: 'underlay', bytes: PACKET }]);
  });
});

describe('an agent that is stopped', () => {
  it('leaves no timer and says nothing more, whatever was going on', async () => {
    const { agent, daemon, clock, guestSends } = await openReadyAgent();
    daemon.script.lookup = () => undefined;
    await guestSends(PACKET);
    agent.ports.lost(0, 'down');
    daemon.push(1, [portItem({ name: 'a31', device: 'never-up', addresses: [address('10.1.2.31')] })]);
    await clock.run(20);
    await agent.stop();
    expect(clock.pendingTimers).toBe(0);
    const said = daemon.messages.length;
    await clock.run(60_000);
    expect(daemon.messages).toHaveLength(said);
  });
});

it('what comes from a host is delivered to the port, once its sender is known to hold the source', async () => {
  const { mappings, sent, hostSends, clock } = await openReadyAgent();
  mappings.push(mapping('y', 8));
  const inner = udpPacket('10.1.2.50', '10.1.2.30');
  const body = { sourceGni: GNI_A, destinationGni: GNI_A, agreement: 2, labels: [] };
  hostSends('198.18.0.12', Uint8Array.from([...header('udp/2.0', body), ...inner]));
  await clock.run(10);
  expect(sent).toEqual([{ kind: 'guest', port: 0, bytes: inner }]);
});
