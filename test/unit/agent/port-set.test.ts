import { describe, expect, it } from 'vitest';
import type { DeviceOptions } from '../../../src/agent/io/packet-io.ts';
import { MAX_PORTS, PortSet } from '../../../src/agent/port-set.ts';
import { UserError } from '../../../src/base/errors.ts';
import type { PortItem } from '../../../src/control/messages.ts';
import { address, GNI_A, prefix } from '../../kit/cloud-of-one.ts';
import { recordedLog } from '../../kit/recorded-log.ts';
import { VirtualClock } from '../../kit/simulation/virtual-clock.ts';

const FIRST_RETRY_MS = 100;
const LONGEST_RETRY_MS = 5000;
const STEADY_MS = 10_000;

function portItem(revision = 1, change: Partial<PortItem> = {}): PortItem {
  return {
    kind: 'port',
    name: 'a30',
    revision,
    gni: GNI_A,
    network: 'a-net',
    subnet: prefix('10.1.2.0/24'),
    addresses: [address('10.1.2.30')],
    mtu: 1400,
    labels: [],
    device: 'tun0',
    namespace: 'guest',
    ...change,
  };
}

interface Opening {
  readonly index: number;
  readonly device: DeviceOptions;
  readonly succeed: () => void;
  readonly fail: (error: Error) => void;
}

/** Ports over devices that open when a test says so; `happened` is what the rest of the agent is told. */
function open() {
  const clock = new VirtualClock();
  const log = recordedLog();
  const openings: Opening[] = [];
  const happened: string[] = [];
  const ports = new PortSet({
    clock,
    log,
    openDevice: (index, device) =>
      new Promise((succeed, fail) => {
        happened.push(`open ${index}`);
        openings.push({ index, device, succeed, fail });
      }),
    closeDevice: (index) => happened.push(`close ${index}`),
    attach: ({ index, network }) => happened.push(`attach ${index} labels ${network.labels.join()}`),
    detach: (index) => happened.push(`detach ${index}`),
    report: (name, revision, state) => happened.push(`report ${name} ${revision} ${state}`),
  });
  const take = () => happened.splice(0);
  const succeed = async () => {
    openings.at(-1)?.succeed();
    await clock.run(0);
  };
  const fail = async (error: Error = new UserError('in-use', 'tun0 is taken', 'remove it')) => {
    openings.at(-1)?.fail(error);
    await clock.run(0);
  };
  return { clock, log, openings, ports, take, succeed, fail };
}

async function openUp(item = portItem()) {
  const opened = open();
  opened.ports.set(item);
  await opened.succeed();
  opened.take();
  return opened;
}

describe('a port', () => {
  it('is opened as its item says, and takes part when its device is up', async () => {
    const { ports, openings, take, succeed } = open();
    ports.set(portItem(7, { labels: [16, 17], addresses: [address('10.1.2.30'), address('10.1.2.31')] }));
    expect(ports.byName('a30')).toMatchObject({ state: 'opening', index: 0 });
    expect(take()).toEqual(['open 0']);
    expect(openings[0]?.device).toEqual({
      name: 'tun0',
      namespace: 'guest',
      mtu: 1400,
      addresses: [
        { address: address('10.1.2.30'), length: 24 },
        { address: address('10.1.2.31'), length: 24 },
      ],
      routes: [],
    });
    await succeed();
    expect(take()).toEqual(['attach 0 labels 16,17', 'report a30 7 up']);
    expect(ports.byIndex(0)).toBe(ports.byName('a30'));
    expect(ports.byName('a30')).toMatchObject({ state: 'up', trouble: undefined });
  });

  it('that is lost is reported, and made anew', async () => {
    const { ports, clock, take, succeed, log } = await openUp();
    ports.lost(0, 'deleted');
    expect(take()).toEqual(['detach 0', 'report a30 1 lost']);
    expect(ports.byName('a30')).toMatchObject({ state: 'lost', trouble: 'its device was taken away: deleted' });
    expect(log.events.at(-1)).toMatchObject({ level: 'warn', event: 'port-lost', fields: { cause: 'deleted' } });
    await clock.run(FIRST_RETRY_MS);
    expect(ports.byName('a30')?.state).toBe('opening');
    await succeed();
    expect(take()).toEqual(['open 0', 'attach 0 labels ', 'report a30 1 up']);
  });

  it('is not lost twice, nor before it is up, nor when nobody knows it', async () => {
    const { ports, take, succeed } = open();
    ports.set(portItem());
    ports.lost(0, 'down');
    expect(take()).toEqual(['open 0']);
    await succeed();
    ports.lost(0, 'down');
    take();
    ports.lost(0, 'io-error');
    ports.lost(99, 'down');
    expect(take()).toEqual([]);
  });

  it('whose device cannot be made is tried again after delays that grow to a limit', async () => {
    const { ports, clock, take, fail, succeed, log } = open();
    ports.set(portItem());
    const delays: number[] = [];
    for (let failure = 0; failure < 9; failure++) {
      take();
      const since = clock.now();
      await fail();
      take();
      expect(ports.byName('a30')).toMatchObject({ state: 'failed', trouble: 'tun0 is taken' });
      while (take().length === 0) await clock.run(FIRST_RETRY_MS);
      delays.push(clock.now() - since);
    }
    expect(delays).toEqual([100, 200, 400, 800, 1600, 3200, LONGEST_RETRY_MS, LONGEST_RETRY_MS, LONGEST_RETRY_MS]);
    expect(log.events[0]).toMatchObject({ level: 'warn', event: 'port-failed', fields: { hint: 'remove it' } });
    await succeed();
    expect(ports.byName('a30')).toMatchObject({ state: 'up', trouble: undefined });
  });

  it('whose device cannot be made is reported lost, once', async () => {
    const { ports, clock, take, fail } = open();
    ports.set(portItem());
    await fail();
    expect(take()).toEqual(['open 0', 'report a30 1 lost']);
    await clock.run(FIRST_RETRY_MS);
    await fail();
    expect(take()).toEqual(['open 0']);
  });

  it.each([
    ['at once, comes back later and later', 0, 2 * FIRST_RETRY_MS],
    ['after it lived, comes back soon', STEADY_MS, FIRST_RETRY_MS],
  ])('that is lost again %s', async (_, livedMs, delayMs) => {
    const { ports, clock, take, succeed } = await openUp();
    ports.lost(0, 'down');
    await clock.run(FIRST_RETRY_MS);
    await succeed();
    await clock.run(livedMs);
    take();
    ports.lost(0, 'down');
    await clock.run(delayMs - 1);
    expect(take()).not.toContain('open 0');
    await clock.run(1);
    expect(take()).toContain('open 0');
  });
});

describe('an item', () => {
  it('that wants the same device keeps it, and is taken over', async () => {
    const { ports, take } = await openUp();
    ports.set(portItem(2, { labels: [16] }));
    expect(take()).toEqual(['attach 0 labels 16', 'report a30 2 up']);
  });

  it('that says nothing new changes nothing', async () => {
    const { ports, take } = await openUp(portItem(2));
    ports.set(portItem(2));
    expect(take()).toEqual([]);
  });

  it('that is older changes nothing', async () => {
    const { ports, take } = await openUp(portItem(2));
    ports.set(portItem(1, { mtu: 1300 }));
    ports.depart('a30', 1);
    expect(take()).toEqual([]);
    expect(ports.byName('a30')?.item).toEqual(portItem(2));
  });

  it.each<[string, Partial<PortItem>]>([
    ['its name', { device: 'tun1' }],
    ['its namespace', { namespace: 'other' }],
    ['its place, the own namespace', { namespace: undefined }],
    ['its MTU', { mtu: 1300 }],
    ['its addresses', { addresses: [address('10.1.2.31')] }],
    ['the length of its prefix', { subnet: prefix('10.1.0.0/16') }],
  ])('that wants another device gets one, under another index: %s', async (_, change) => {
    const { ports, take, succeed } = await openUp();
    ports.set(portItem(2, change));
    expect(take()).toEqual(['detach 0', 'close 0', 'open 1']);
    await succeed();
    expect(take()).toEqual(['attach 1 labels ', 'report a30 2 up']);
    expect(ports.byIndex(0)).toBeUndefined();
  });

  it.each(['opening', 'failed', 'lost'] as const)('is taken over while the port is %s', async (state) => {
    const { ports, clock, take, succeed, fail } = open();
    ports.set(portItem());
    if (state === 'failed') await fail();
    if (state === 'lost') {
      await succeed();
      ports.lost(0, 'down');
    }
    take();
    ports.set(portItem(2, { labels: [16] }));
    expect(take()).toEqual([]);
    await clock.run(FIRST_RETRY_MS);
    await succeed();
    expect(take().slice(-2)).toEqual(['attach 0 labels 16', 'report a30 2 up']);
  });
});

describe('a port that goes', () => {
  it.each(['opening', 'up', 'lost', 'failed'] as const)('is closed from any state: %s', async (state) => {
    const { ports, clock, take, succeed, fail } = open();
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
    const { ports, take, openings, clock } = open();
    ports.set(portItem());
    ports.depart('a30', 2);
    take();
    openings[0]?.succeed();
    await clock.run(0);
    expect(take()).toEqual(['close 0']);
  });

  it('while it is being opened is not tried again', async () => {
    const { ports, take, fail, clock } = open();
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
    const { ports, take } = open();
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
    const { ports } = open();
    const seen = new Set<number>();
    for (let revision = 2; revision < 500; revision += 2) {
      ports.set(portItem(revision));
      seen.add(ports.byName('a30')?.index ?? -1);
      ports.depart('a30', revision + 1);
    }
    expect(seen).toEqual(new Set(Array.from({ length: 249 }, (_, at) => at)));
  });

  it('in use are passed over, and as many ports are taken as there are indices', () => {
    const { ports, log } = open();
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
