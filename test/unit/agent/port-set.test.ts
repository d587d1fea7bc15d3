import { describe, expect, it } from 'vitest';
import type { PortItem } from '../../../src/control/messages.ts';
import { address, prefix } from '../../kit/cloud-of-one.ts';
import { FIRST_RETRY_MS, openPorts, openUp, portItem } from './port-set-bench.ts';

const LONGEST_RETRY_MS = 5000;
const STEADY_MS = 10_000;

describe('a port', () => {
  it('is opened as its item says, and takes part when its device is up', async () => {
    const { ports, openings, take, succeed } = openPorts();
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
    const { ports, take, succeed } = openPorts();
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
    const { ports, clock, take, fail, succeed, log } = openPorts();
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
    expect(log.events[0]).toMatchObject({ level: 'warn', event: 'port-trouble', fields: { hint: 'remove it' } });
    await succeed();
    expect(ports.byName('a30')).toMatchObject({ state: 'up', trouble: undefined });
  });

  it('whose device cannot be made is reported lost, once', async () => {
    const { ports, clock, take, fail } = openPorts();
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
    const { ports, clock, take, succeed, fail } = openPorts();
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
