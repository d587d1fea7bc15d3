import { describe, expect, test } from 'vitest';
import { encodeMessage } from '../../../src/control/codec.ts';
import { plainSessionLayer } from '../../../src/control/session-layer.ts';
import { TestCloud } from './test-cloud.ts';

describe('strangers', () => {
  test('get silence, and are counted', async () => {
    const cloud = await TestCloud.open();
    const x = cloud.agent('x', '198.18.0.11');
    const layer = plainSessionLayer();
    const heartbeat = layer.seal(encodeMessage({ id: 1, session: 5, body: { kind: 'heartbeat' } }), x.endpoint);
    const bad = [
      new Uint8Array(0),
      new Uint8Array(1500),
      Uint8Array.of(0x57, 9, 1, 2, 3),
      heartbeat.subarray(0, heartbeat.length - 1),
      Uint8Array.of(...heartbeat, 0),
      heartbeat.map((byte, index) => (index === 3 ? 255 : byte)),
    ];
    for (const datagram of bad) cloud.mapper.receive(x.endpoint, datagram);
    await cloud.clock.pass(10);
    expect(x.received).toBe(0);
    expect(cloud.counter('undecodable')).toBe(bad.length);
  });

  test('answers and acknowledgements that nobody asked for are counted and ignored', async () => {
    const cloud = await TestCloud.open();
    const x = cloud.agent('x', '198.18.0.11');
    x.send({ id: 1, session: 5, body: { kind: 'heartbeat-ack' } });
    x.send({ id: 0, session: 5, body: { kind: 'push-ack', sequence: 3 } });
    x.send({
      id: 0,
      session: 5,
      body: { kind: 'push', sequence: 1, items: [{ kind: 'port-gone', name: 'p', revision: 1 }] },
    });
    await cloud.clock.pass(10);
    expect(x.received).toBe(0);
    expect(cloud.counter('unexpected')).toBe(2);
  });
});
