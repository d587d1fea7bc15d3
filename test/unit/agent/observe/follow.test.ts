import { describe, expect, it } from 'vitest';
import type { DropDocument, PacketDocument, SuppressedDocument } from '../../../../src/admin/stream-documents.ts';
import { followDrops } from '../../../../src/agent/observe/follow-drops.ts';
import { followPackets } from '../../../../src/agent/observe/follow-packets.ts';
import { MAX_WATCHERS } from '../../../../src/agent/observe/watchers.ts';
import { HOLD_MS } from '../../../../src/fastpath/fast-path.ts';
import { openReadyAgent, udpPacket } from '../../../kit/agent-bench.ts';
import { GNI_A, header, mappingItem } from '../../../kit/cloud-of-one.ts';

const TIME = 1_795_000_000_123_456_789n;
const WALL = '2026-11-18T11:06:40.123456789Z';
const wallTime = () => TIME;

/** What a reader that keeps up is sent. */
function made<T extends object>(document: T | (() => T)): T {
  return typeof document === 'function' ? document() : document;
}

async function openFollowing(options: { rate?: number; port?: number } = {}) {
  const opened = await openReadyAgent();
  const told: (DropDocument | SuppressedDocument)[] = [];
  const stop = followDrops(opened.agent, { rate: 100, port: undefined, wallTime, ...options }, (one) =>
    told.push(made(one)),
  );
  return { ...opened, told, stop };
}

const spoofed = udpPacket('10.9.9.9', '10.1.2.50');

describe('following drops', () => {
  it('tells time, port, flow, reason, and the record and generation that decided', async () => {
    const { agent, told, guestSends } = await openFollowing();
    await guestSends(spoofed);
    expect(told).toEqual([
      {
        schema: 'netweft.drop/v1',
        time: WALL,
        port: 'a30',
        flow: { source: '10.9.9.9', destination: '10.1.2.50', protocol: 17, sourcePort: 1000, destinationPort: 2000 },
        verdict: 'drop',
        reason: 'spoofed-source',
        meaning: expect.any(String),
        sourceGni: GNI_A,
        record: { name: 'port a30', generation: `${agent.session.incarnation}:7` },
      },
    ]);
    expect(agent.session.incarnation).not.toBe('');
  });

  it('tells a repeated decision as often as it is repeated', async () => {
    const { told, guestSends } = await openFollowing();
    for (let sent = 0; sent < 3; sent++) await guestSends(spoofed);
    expect(told.map((one) => one.schema === 'netweft.drop/v1' && one.record?.name)).toEqual(Array(3).fill('port a30'));
  });

  it('names the mapping and its revision where nobody has the address', async () => {
    const { mappings, told, guestSends } = await openFollowing();
    mappings.push(mappingItem(GNI_A, '10.1.2.98', undefined, 12));
    await guestSends(udpPacket('10.1.2.30', '10.1.2.98'));
    expect(told).toMatchObject([
      {
        reason: 'no-such-guest',
        record: { name: `mapping ${GNI_A}/10.1.2.98`, generation: expect.stringMatching(/:12$/) },
      },
    ]);
  });

  it('names the host, GNIs and agreement of a datagram that another host sent', async () => {
    const { told, hostSends } = await openFollowing();
    const body = { sourceGni: GNI_A, destinationGni: GNI_A, agreement: 77, labels: [] };
    hostSends('198.18.0.12', Uint8Array.from([...header('udp/2.0', body), ...udpPacket('10.1.2.50', '10.1.2.30')]));
    hostSends('198.18.0.99', new Uint8Array(2));
    expect(told).toMatchObject([
      {
        peer: 'y',
        reason: 'wrong-agreement',
        sourceGni: GNI_A,
        destinationGni: GNI_A,
        agreement: 77,
        framework: 'udp/2.0',
      },
      { peer: '198.18.0.99:7790', reason: 'bad-header' },
    ]);
    expect(told[1]).not.toHaveProperty('flow');
  });

  it('names no record where deciding again gives something else: the wait was too long', async () => {
    const { told, guestSends, clock } = await openFollowing();
    await guestSends(udpPacket('10.1.2.30', '10.1.2.99'));
    await clock.run(HOLD_MS + 2000);
    expect(told).toMatchObject([{ reason: 'hold-timeout', port: 'a30' }]);
    expect(told[0]).not.toHaveProperty('record');
  });

  it('tells what is above the rate once a second, by reason', async () => {
    const { told, guestSends, clock } = await openFollowing({ rate: 2 });
    for (let sent = 0; sent < 5; sent++) await guestSends(spoofed);
    expect(told).toHaveLength(2);
    await clock.run(1000);
    const summary = {
      schema: 'netweft.suppressed/v1',
      time: WALL,
      reasons: [{ reason: 'spoofed-source', packets: 3 }],
    };
    expect(told.slice(2)).toEqual([summary]);
    await clock.run(5000);
    expect(told).toHaveLength(3);
  });

  it('of one port tells no others', async () => {
    const { told, guestSends, hostSends } = await openFollowing({ port: 5 });
    await guestSends(spoofed);
    hostSends('198.18.0.99', new Uint8Array(2));
    expect(told).toEqual([]);
  });

  it('ends', async () => {
    const { told, guestSends, stop, clock } = await openFollowing({ rate: 1 });
    await guestSends(spoofed);
    await guestSends(spoofed);
    stop();
    await guestSends(spoofed);
    await clock.run(5000);
    expect(told).toHaveLength(1);
  });
});

describe('following packets', () => {
  async function openCapture(ports: readonly number[], underlay: boolean, snapLength = 65_535) {
    const opened = await openReadyAgent();
    opened.mappings.push(mappingItem(GNI_A, '10.1.2.50', 'y', 8));
    const told: PacketDocument[] = [];
    followPackets(opened.agent, { ports: new Set(ports), underlay, snapLength, wallTime }, (one) =>
      told.push(made(one)),
    );
    return { ...opened, told };
  }
  const toHost = header('udp/2.0', { sourceGni: GNI_A, destinationGni: GNI_A, agreement: 1, labels: [] });
  const fromHost = header('udp/2.0', { sourceGni: GNI_A, destinationGni: GNI_A, agreement: 2, labels: [] });
  const guestPacket = udpPacket('10.1.2.30', '10.1.2.50');
  const hostPacket = udpPacket('10.1.2.50', '10.1.2.30');
  const base64 = (...parts: Uint8Array[]) => Buffer.concat(parts).toString('base64');

  it('shows a packet on both sides, each with its bytes there, with the same verdict', async () => {
    const { told, guestSends } = await openCapture([0], true);
    await guestSends(guestPacket);
    const fate = {
      verdict: 'send',
      to: 'y',
      agreement: 1,
      framework: 'udp/2.0',
      sourceGni: GNI_A,
      destinationGni: GNI_A,
    };
    expect(told).toMatchObject([
      { ...fate, side: 'guest', direction: 'in', at: 'a30', bytes: base64(guestPacket), length: guestPacket.length },
      { ...fate, side: 'underlay', direction: 'out', endpoint: '198.18.0.12:7790', bytes: base64(toHost, guestPacket) },
    ]);
  });

  it('and what comes back', async () => {
    const { told, hostSends, clock } = await openCapture([0], true);
    hostSends('198.18.0.12', Uint8Array.from([...fromHost, ...hostPacket]));
    await clock.run(10);
    expect(told).toMatchObject([
      { side: 'underlay', direction: 'in', endpoint: '198.18.0.12:7790', peer: 'y', verdict: 'deliver', to: 'a30' },
      { side: 'guest', direction: 'out', at: 'a30', bytes: base64(hostPacket), verdict: 'deliver' },
    ]);
  });

  it.each([
    { ports: [0], underlay: false, sides: ['guest'] },
    { ports: [], underlay: true, sides: ['underlay'] },
  ])('shows the side that is asked for: $sides', async ({ ports, underlay, sides }) => {
    const { told, guestSends } = await openCapture(ports, underlay);
    await guestSends(guestPacket);
    expect(told.map(({ side }) => side)).toEqual(sides);
  });

  it('makes nothing for a reader that is behind, and says at which port, or none, the packet was', async () => {
    const { agent, guestSends } = await openReadyAgent();
    const places: unknown[] = [];
    const wallTimeOf = () => expect.unreachable('a fate was made');
    const options = { ports: new Set([0]), underlay: true, snapLength: 100, wallTime: wallTimeOf };
    followPackets(agent, options, (_, place) => places.push(place));
    await guestSends(spoofed);
    expect(places).toEqual([{ at: 'a30' }]);
  });

  it('cuts long packets and says how long they were', async () => {
    const { told, guestSends } = await openCapture([0], false, 24);
    await guestSends(guestPacket);
    expect(told).toMatchObject([{ bytes: base64(guestPacket.subarray(0, 24)), length: guestPacket.length }]);
  });
});

it('so many follow at once, and no more', async () => {
  const { agent } = await openReadyAgent();
  const options = { rate: 1, port: undefined, wallTime };
  const stops = Array.from({ length: MAX_WATCHERS }, () => followDrops(agent, options, () => {}));
  expect(() => followDrops(agent, options, () => {})).toThrow(expect.objectContaining({ code: 'limit' }));
  stops[0]?.();
  followDrops(agent, options, () => {});
});
