import { describe, expect, it } from 'vitest';
import { MAX_PORTS } from '../../../src/agent/port-set.ts';
import { openPorts, openUp, portItem } from './port-set-bench.ts';

describe('a port that goes', () => {
  it.each(['opening', 'up', 'lost', 'failed'] as const)('is closed from any state: %s', async (state) => {
    const { ports, clock, take, succeed, fail } = openPorts();
    ports.set(portItem());
    if (state === 'failed') await fail();
    if (state === 'up' || state === 'lost') await succeed();
    if (state === 'lost') ports.lost(0, 'renamed');
    take();
    ports.depart('a30', 2);
    expect(take()).toEqual([...(state === 'up' ? ['detach 0'] : []), 'close 0', 'report a30 2 removed']);
    expect([ports.byName('a30'), ports.byIndex(0), ports.all()]).toEqual([undefined, undefined, []]);
    await succeed();
    take();
    await clock.run(60_000);
    expect(take()).toEqual([]);
    expect(clock.pendingTimers).toBe(0);
  });

  it('while it is being opened is closed when its device is there', async () => {
    const { ports, take, openings, clock } = openPorts();
    ports.set(portItem());
    ports.depart('a30', 2);
    take();
    openings[0]?.succeed();
    await clock.run(0);
    expect(take()).toEqual(['close 0']);
  });

  it('while it is being opened is not tried again', async () => {
    const { ports, take, fail, clock } = openPorts();
    ports.set(portItem());
    ports.depart('a30', 2);
    take();
    await fail();
    await clock.run(60_000);
    expect(take()).toEqual([]);
  });

  it('is not brought back by an item that was on its way, but by a newer one', async () => {
    const { ports, take } = await openUp();
    ports.depart('a30', 5);
    take();
    ports.set(portItem(4));
    expect(take()).toEqual([]);
    ports.set(portItem(6));
    expect(take()).toEqual(['open 1']);
  });

  it('before it was known is gone all the same', () => {
    const { ports, take } = openPorts();
    ports.depart('a30', 5);
    ports.depart('a30', 2);
    ports.set(portItem(4));
    expect(take()).toEqual([]);
    ports.set(portItem(5));
    expect(take()).toEqual(['open 0']);
  });
});

describe('indices', () => {
  it('go round, so that none is used again soon', async () => {
    const { ports } = openPorts();
    const seen = new Set<number>();
    for (let revision = 2; revision < 500; revision += 2) {
      ports.set(portItem(revision));
      seen.add(ports.byName('a30')?.index ?? -1);
      ports.depart('a30', revision + 1);
    }
    expect(seen).toEqual(new Set(Array.from({ length: 249 }, (_, at) => at)));
  });

  it('in use are passed over, and as many ports are taken as there are indices', () => {
    const { ports, log } = openPorts();
    for (let at = 0; at < MAX_PORTS; at++) ports.set(portItem(1, { name: `p${at}` }));
    expect(new Set(ports.all().map(({ index }) => index)).size).toBe(MAX_PORTS);
    ports.set(portItem());
    expect(ports.byName('a30')).toBeUndefined();
    expect(log.events.at(-1)).toMatchObject({ level: 'error', event: 'port-limit' });
    ports.depart('p77', 2);
    ports.set(portItem());
    expect(ports.byName('a30')?.index).toBe(77);
  });
});

describe('a daemon that', () => {
  it('names everything leaves what it did not name gone', async () => {
    const { ports, take, succeed } = await openUp(portItem(3));
    ports.set(portItem(4, { name: 'a31', device: 'tun1' }));
    await succeed();
    take();
    ports.keepOnly(new Set(['a31', 'unknown']));
    expect(take()).toEqual(['detach 0', 'close 0', 'report a30 3 removed']);
    expect(ports.all().map(({ item }) => item.name)).toEqual(['a31']);
  });

  it('may have forgotten this host is told what is up, and only that', async () => {
    const { ports, take } = await openUp(portItem(3));
    ports.set(portItem(4, { name: 'a31', device: 'tun1' }));
    take();
    ports.reportAll();
    expect(take()).toEqual(['report a30 3 up']);
  });

  it('counts revisions anew is believed, whatever the number, and brings back what was gone', async () => {
    const { ports, take } = await openUp(portItem(900));
    ports.depart('a31', 900);
    ports.forgetRevisions();
    ports.set(portItem(3, { labels: [16] }));
    expect(take()).toEqual(['attach 0 labels 16', 'report a30 3 up']);
    ports.set(portItem(4, { name: 'a31', device: 'tun1' }));
    expect(take()).toEqual(['open 1']);
  });

  it('counts revisions anew is never told of a revision that a message cannot hold', async () => {
    const { ports, take } = await openUp(portItem(900));
    ports.forgetRevisions();
    ports.lost(0, 'down');
    ports.keepOnly(new Set());
    expect(take()).toEqual(['detach 0', 'report a30 0 lost', 'close 0', 'report a30 0 removed']);
  });
});

it('at the end every device is closed, and nothing is tried or reported any more', async () => {
  const { ports, clock, take, fail } = await openUp();
  ports.set(portItem(1, { name: 'a31', device: 'tun1' }));
  await fail();
  take();
  ports.closeAll();
  expect(take()).toEqual(['detach 0', 'close 0', 'close 1']);
  expect(clock.pendingTimers).toBe(0);
  expect(ports.all()).toEqual([]);
});
