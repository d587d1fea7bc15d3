import { describe, expect, it } from 'vitest';
import { udpPacket, openAgent, openReadyAgent, portItem } from '../../kit/agent-bench.ts';
import { agreementItem, header, hostItem } from '../../kit/cloud-of-one.ts';
import { essenceOf, expectListed } from '../../kit/listed-events.ts';
import { refusal } from '../../kit/scripted-daemon.ts';

const FROM_Y = header('udp/2.0', { sourceGni: 1001, destinationGni: 1001, agreement: 2, labels: [] });

type Opened = Awaited<ReturnType<typeof openReadyAgent>>;

/** What happened after a sequence. */
function told({ journal }: Opened, after: number) {
  const events = journal.past(after);
  expectListed(events);
  return events.map(essenceOf);
}

describe('an agent says', () => {
  it('what became of it from its start', async () => {
    const opened = await openReadyAgent();
    expect(told(opened, 0)).toEqual([
      { event: 'registered', session: 41, incarnation: '0123456789abcdef' },
      { event: 'peer-known', peer: 'y', endpoint: '198.18.0.12:7790' },
      { event: 'peer-known', peer: 'z', endpoint: '198.18.0.13:7790' },
      { event: 'agreement-installed', agreement: 1, sender: 'x', receiver: 'y', framework: 'udp/2.0' },
      { event: 'agreement-installed', agreement: 2, sender: 'y', receiver: 'x', framework: 'udp/2.0' },
      { event: 'agreement-installed', agreement: 3, sender: 'x', receiver: 'z', framework: 'udp/2.0' },
      { event: 'agreement-installed', agreement: 4, sender: 'z', receiver: 'x', framework: 'udp/2.0' },
      { event: 'resync', items: 8 },
      { event: 'port-up', port: 'a30', device: 'tun0', index: 0 },
    ]);
  });

  it('nothing of strangers before it was told who is there', async () => {
    const opened = openAgent();
    await opened.agent.start();
    opened.hostSends('198.18.0.12', Uint8Array.from([...FROM_Y, ...udpPacket('10.1.2.50', '10.1.2.30')]));
    expect(opened.agent.options.fastPath.drops().get('unknown-sender')).toBeGreaterThan(0);
    await opened.clock.run(50);
    expect(told(opened, 0).filter(({ event }) => event === 'alarm')).toEqual([]);
    opened.hostSends('198.18.0.66', Uint8Array.from([...FROM_Y, ...udpPacket('10.1.2.50', '10.1.2.30')]));
    expect(told(opened, 0).filter(({ event }) => event === 'alarm')).toHaveLength(1);
  });

  it('that a port is lost, and up again', async () => {
    const opened = await openReadyAgent();
    const before = opened.journal.sequence;
    opened.agent.ports.lost(0, 'deleted');
    await opened.clock.run(200);
    expect(told(opened, before)).toEqual([
      { event: 'port-lost', port: 'a30', device: 'tun0', cause: 'deleted' },
      { event: 'port-up', port: 'a30', device: 'tun0', index: 0 },
    ]);
  });

  it('what is pushed about hosts, agreements and ports, and nothing twice', async () => {
    const opened = await openReadyAgent();
    const before = opened.journal.sequence;
    opened.daemon.push(1, [
      hostItem('y', '198.18.0.12', 20),
      hostItem('y', '198.18.0.22', 21),
      agreementItem(1, 'x', 'y'),
      { ...agreementItem(1, 'x', 'y'), revision: 30 },
      { kind: 'agreement-gone', id: 3, revision: 31 },
      { kind: 'host-gone', name: 'z', revision: 32 },
      { kind: 'port-gone', name: 'a30', revision: 33 },
    ]);
    await opened.clock.run(10);
    expect(told(opened, before)).toEqual([
      { event: 'peer-known', peer: 'y', endpoint: '198.18.0.22:7790' },
      { event: 'agreement-gone', agreement: 3, sender: 'x', receiver: 'z', framework: 'udp/2.0' },
      { event: 'peer-gone', peer: 'z' },
      { event: 'port-removed', port: 'a30' },
    ]);
  });

  it('that the mapping daemon is silent, once, and that it is back', async () => {
    const opened = await openReadyAgent();
    const before = opened.journal.sequence;
    opened.daemon.isThere = false;
    await opened.clock.run(20_000);
    expect(told(opened, before)).toEqual([{ event: 'mapper-silent', silentMs: expect.any(Number) }]);
    opened.daemon.isThere = true;
    await opened.clock.run(10_000);
    const [, back] = told(opened, before);
    expect(back).toMatchObject({ event: 'mapper-back' });
    expect(back?.['silentMs']).toBeGreaterThanOrEqual(19_000);
  });

  it('that no mapping daemon is there at all', async () => {
    const opened = openAgent();
    opened.daemon.isThere = false;
    await opened.agent.start();
    await opened.clock.run(10_000);
    expect(told(opened, 0).map(({ event }) => event)).toEqual(['mapper-silent']);
  });

  it('that it is refused, and why', async () => {
    const opened = openAgent();
    opened.daemon.script.register = () => refusal('in-use');
    await opened.agent.start();
    await opened.clock.run(5000);
    expect(told(opened, 0)).toEqual([
      { event: 'registration-refused', code: 'in-use', reason: 'as the test wants it' },
    ]);
  });

  it('that another incarnation of the store took over, and what is gone with it', async () => {
    const opened = await openReadyAgent();
    const before = opened.journal.sequence;
    opened.daemon.restart(42, 'fedcba9876543210');
    opened.daemon.script.sync = () => ({ kind: 'sync-page', items: [hostItem('y', '198.18.0.12')], next: '' });
    await opened.clock.run(5000);
    const events = told(opened, before);
    expect(events.map(({ event }) => event).filter((name) => name !== 'agreement-gone')).toEqual([
      'session-lost',
      'registered',
      'new-incarnation',
      'port-removed',
      'peer-gone',
      'resync',
    ]);
    expect(events.filter(({ event }) => event === 'agreement-gone')).toHaveLength(4);
    expect(events).toContainEqual({
      event: 'new-incarnation',
      incarnation: 'fedcba9876543210',
      before: '0123456789abcdef',
    });
  });

  it('who sends what was not agreed, by name', async () => {
    const opened = await openReadyAgent();
    const before = opened.journal.sequence;
    const body = { sourceGni: portItem().gni, destinationGni: portItem().gni, agreement: 99, labels: [] };
    const datagram = Uint8Array.from([...header('udp/2.0', body), ...udpPacket('10.1.2.50', '10.1.2.30')]);
    for (let count = 0; count < 3; count++) opened.hostSends('198.18.0.12', datagram);
    opened.hostSends('198.18.0.66', datagram);
    expect(told(opened, before)).toEqual([
      { event: 'alarm', reason: 'wrong-agreement', from: '198.18.0.12:7790', peer: 'y' },
      { event: 'alarm', reason: 'unknown-sender', from: '198.18.0.66:7790' },
    ]);
  });
});
