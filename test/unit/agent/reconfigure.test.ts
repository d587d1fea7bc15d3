import { expect, test } from 'vitest';
import { LOOKUP_RATE, REPLY_RATE } from '../../../src/agent/slow-path.ts';
import { ReferenceFastPath } from '../../../src/fastpath/reference/reference-fast-path.ts';
import { buildUdp } from '../../../src/packet/build.ts';
import { openReadyAgent, udpPacket } from '../../kit/agent-bench.ts';
import { address, PORT_A30 } from '../../kit/cloud-of-one.ts';
import { openBench } from '../../kit/slow-path-bench.ts';

const GENEROUS = { burst: 1000, perSecond: 1000 };

function open() {
  return openBench(new ReferenceFastPath({ capacity: 4096, quota: 4096, seed: 1 }));
}

test('new destinations are asked for at the rate that was set last', () => {
  const bench = open();
  let last = 100;
  const look = (count: number) => {
    const before = bench.wanted.length;
    const bytes = () => udpPacket('10.1.2.30', `10.1.2.${++last}`);
    bench.step(Array.from({ length: count }, () => ({ kind: 'guest', port: PORT_A30, bytes: bytes() }) as const));
    return bench.wanted.length - before;
  };
  bench.slowPath.setRates({ lookups: { burst: 3, perSecond: 2 }, replies: REPLY_RATE });
  expect(look(10)).toBe(3);
  bench.now += 1000;
  expect(look(10)).toBe(2);
  bench.slowPath.setRates({ lookups: GENEROUS, replies: REPLY_RATE });
  bench.now += 1000;
  expect(look(20)).toBe(20);
});

test('a port gets ICMP errors at the rate that was set last', () => {
  const bench = open();
  const payload = new Uint8Array(1400);
  const ends = { source: address('10.1.2.30'), destination: address('10.1.2.50') };
  const bytes = buildUdp({ ...ends, sourcePort: 1, destinationPort: 2, payload, dontFragment: true });
  const send = (count: number) =>
    bench.step(Array.from({ length: count }, () => ({ kind: 'guest', port: PORT_A30, bytes }) as const)).length;
  bench.slowPath.setRates({ lookups: LOOKUP_RATE, replies: { burst: 4, perSecond: 1 } });
  expect(send(10)).toBe(4);
  bench.now += 2000;
  expect(send(10)).toBe(2);
  bench.slowPath.setRates({ lookups: LOOKUP_RATE, replies: GENEROUS });
  bench.now += 1000;
  expect(send(20)).toBe(20);
});

test('flows of a table as large, and with a quota, as was chosen', () => {
  const bench = openBench(new ReferenceFastPath({ capacity: 64, quota: 16, seed: 1 }));
  bench.step(
    Array.from({ length: 40 }, (_, at) => {
      return { kind: 'guest', port: PORT_A30, bytes: udpPacket('10.1.2.30', '10.1.2.50', 1000 + at) } as const;
    }),
  );
  expect(bench.fastPath.status()).toMatchObject({ capacity: 64, flows: 16 });
});

test('an agent that is given other settings offers other frameworks and goes on', async () => {
  const { agent, daemon, clock, mappings, guestSends } = await openReadyAgent();
  expect(mappings).toEqual([]);
  agent.reconfigure({ frameworks: ['udp/1.0'], rates: { lookups: { burst: 1, perSecond: 1 }, replies: REPLY_RATE } });
  await clock.run(50);
  expect(daemon.bodies('register').at(-1)).toMatchObject({ frameworks: ['udp/1.0'] });
  expect(agent.session.state).toBe('ready');
  for (const guest of ['10.1.2.101', '10.1.2.102']) await guestSends(udpPacket('10.1.2.30', guest));
  expect(agent.options.fastPath.drops().get('lookup-limit')).toBe(1);
});
