import { describe, expect, test } from 'vitest';
import { MAX_NAMED_RECORDS } from '../../../src/mapper/log-changes.ts';
import type { CloudRecord } from '../../../src/model/records.ts';
import { essenceOf, expectListed } from '../../kit/listed-events.ts';
import { changed, TestCloud, TWO_TENANTS } from './test-cloud.ts';

const SILENCE_MS = 10_000;

/** What happened after a sequence. */
function told({ journal }: TestCloud, after = 0) {
  const events = journal.past(after);
  expectListed(events);
  return events.map(essenceOf);
}

describe('a mapping daemon says', () => {
  test('which records were created, changed and deleted, and at which revision', async () => {
    const cloud = await TestCloud.open();
    const created = told(cloud);
    expect(created).toHaveLength(TWO_TENANTS.length);
    expect(created).toContainEqual({
      event: 'record-changed',
      kind: 'port',
      name: 'a30',
      revision: expect.any(Number),
    });
    const before = cloud.journal.sequence;
    const { revision } = await cloud.mapper.apply([
      changed('network', 'a-net', { mtu: 1300 }),
      ...TWO_TENANTS.slice(0, 1),
    ]);
    const deleted = await cloud.mapper.delete('port', 'a30');
    expect(told(cloud, before)).toEqual([
      { event: 'record-changed', kind: 'network', name: 'a-net', revision },
      { event: 'record-deleted', kind: 'port', name: 'a30', revision: deleted },
    ]);
  });

  test('of a large change no more than so many, and how many others', async () => {
    const cloud = await TestCloud.open([]);
    const tenants = Array.from({ length: MAX_NAMED_RECORDS + 50 }, (_, at): CloudRecord => {
      return { kind: 'tenant', spec: { name: `t${at}`, gni: at + 1 } };
    });
    await cloud.mapper.apply(tenants);
    const events = told(cloud);
    expect(events).toHaveLength(MAX_NAMED_RECORDS + 1);
    expect(events.at(-1)).toMatchObject({ event: 'records-changed', unnamed: 50 });
  });

  test('nothing of what was in the store before it started', async () => {
    const cloud = await TestCloud.open();
    const before = cloud.journal.sequence;
    await cloud.restart();
    expect(told(cloud, before)).toEqual([]);
  });

  test('who registered, who fell silent and whose session ended otherwise', async () => {
    const cloud = await TestCloud.open();
    const x = cloud.agent('x', '198.18.0.11');
    const before = cloud.journal.sequence;
    await x.start();
    expect(told(cloud, before)).toEqual([
      {
        event: 'host-up',
        host: 'x',
        boot: x.boot,
        from: '198.18.0.11:7790',
        agentVersion: '0.1.0',
        frameworks: 'udp/2.0,udp/1.0',
      },
    ]);
    await cloud.clock.pass(SILENCE_MS);
    expect(told(cloud, before).slice(1)).toEqual([{ event: 'host-silent', host: 'x', boot: x.boot }]);
    const back = cloud.journal.sequence;
    await x.register();
    cloud.mapper.stop();
    expect(told(cloud, back)).toMatchObject([
      { event: 'host-up' },
      { event: 'session-ended', host: 'x', why: 'stopped' },
    ]);
  });

  test('the life of an agreement', async () => {
    const cloud = await TestCloud.open();
    const { x, y } = await cloud.started();
    const before = cloud.journal.sequence;
    await x.mapping(1001, '10.1.2.50');
    await cloud.clock.pass(10);
    const events = told(cloud, before).filter((event) => event['sender'] === 'x' && event['receiver'] === 'y');
    const agreement = events[0]?.['agreement'];
    const one = { agreement, sender: 'x', receiver: 'y', framework: 'udp/2.0' };
    expect(events).toEqual([
      { event: 'agreement-made', ...one },
      { event: 'agreement-active', ...one },
    ]);
    const active = cloud.journal.sequence;
    y.frameworks = ['ip/9.0'];
    y.boot = 'ffffffffffffffff';
    await y.register();
    const gone = told(cloud, active);
    expect(gone).toContainEqual({ event: 'agreement-gone', ...one });
    expect(gone).toContainEqual(expect.objectContaining({ event: 'no-common-framework', sender: 'x', receiver: 'y' }));
  });
});

describe('a mapping daemon measures', () => {
  test('how long a change takes until everyone who is told has it', async () => {
    const cloud = await TestCloud.open();
    const { x, y } = await cloud.started();
    cloud.measured.converged.length = 0;
    cloud.measured.push.length = 0;
    x.takesPushes = false;
    await cloud.mapper.apply([changed('network', 'a-net', { mtu: 1300 })]);
    await cloud.clock.pass(100);
    expect(y.takePushed()).not.toEqual([]);
    expect(cloud.measured.push.length).toBeGreaterThan(0);
    expect(cloud.measured.converged).toEqual([]);
    expect(cloud.mapper.parts.convergence.underWay).toBe(1);
    x.takesPushes = true;
    await cloud.clock.pass(3000);
    expect(cloud.measured.converged).toHaveLength(1);
    expect(cloud.measured.converged[0]).toBeGreaterThan(0.1);
    expect(cloud.mapper.parts.convergence.underWay).toBe(0);
  });

  test('a host that is lost meanwhile does not hold a change up for good', async () => {
    const cloud = await TestCloud.open();
    const { x } = await cloud.started();
    cloud.measured.converged.length = 0;
    x.takesPushes = false;
    await cloud.mapper.apply([changed('network', 'a-net', { mtu: 1300 })]);
    await cloud.clock.pass(SILENCE_MS);
    expect(cloud.measured.converged).toHaveLength(1);
    expect(cloud.mapper.parts.convergence.underWay).toBe(0);
  });
});
