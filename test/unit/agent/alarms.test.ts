import { expect, it } from 'vitest';
import { Alarms, MAX_ALARMS } from '../../../src/agent/alarms.ts';
import type { Arrival } from '../../../src/pipeline/arrival.ts';
import { recordedLog } from '../../kit/recorded-log.ts';
import { VirtualClock } from '../../kit/simulation/virtual-clock.ts';

const MINUTE_MS = 60_000;
const HOST_Y = 0xc612000c;

function open() {
  const clock = new VirtualClock();
  const log = recordedLog();
  const alarms = new Alarms({ clock, log, peerAt: ({ address }) => (address === HOST_Y ? 'y' : undefined) });
  return { clock, alarms, log, raised: () => log.events.splice(0).map(({ fields }) => fields) };
}

function datagramFrom(address: number, port = 7790): Arrival {
  return { kind: 'underlay', source: { address, port }, tos: 0, header: new Uint8Array(), bytes: new Uint8Array() };
}

it('names who sent what it must not, once a minute for each reason', async () => {
  const { clock, alarms, log, raised } = open();
  alarms.notice(datagramFrom(HOST_Y), 'wrong-agreement');
  expect(log.events).toMatchObject([{ level: 'warn', event: 'alarm' }]);
  expect(raised()).toEqual([{ reason: 'wrong-agreement', from: '198.18.0.12:7790', peer: 'y', suppressed: 0 }]);
  alarms.notice(datagramFrom(HOST_Y), 'wrong-agreement');
  expect(raised()).toEqual([]);
  alarms.notice(datagramFrom(HOST_Y), 'source-not-there');
  alarms.notice(datagramFrom(HOST_Y + 1), 'unknown-sender');
  expect(raised()).toMatchObject([{ reason: 'source-not-there' }, { from: '198.18.0.13:7790', peer: undefined }]);
  await clock.run(MINUTE_MS - 1);
  alarms.notice(datagramFrom(HOST_Y), 'wrong-agreement');
  expect(raised()).toEqual([]);
  await clock.run(1);
  alarms.notice(datagramFrom(HOST_Y), 'wrong-agreement');
  expect(raised()).toHaveLength(1);
});

it('is quiet about guests, and about drops that happen between honest hosts', () => {
  const { alarms, raised } = open();
  alarms.notice({ kind: 'guest', port: 0, bytes: new Uint8Array() }, 'spoofed-source');
  alarms.notice(datagramFrom(HOST_Y), 'no-such-port');
  expect(raised()).toEqual([]);
});

it('does not flood, whoever forges senders, and tells how many it left out', async () => {
  const { clock, alarms, raised } = open();
  for (let count = 0; count < MAX_ALARMS + 7; count++) alarms.notice(datagramFrom(count), 'unknown-sender');
  expect(raised()).toHaveLength(MAX_ALARMS);
  await clock.run(MINUTE_MS);
  alarms.notice(datagramFrom(HOST_Y), 'wrong-agreement');
  alarms.notice(datagramFrom(HOST_Y), 'source-not-there');
  expect(raised()).toMatchObject([{ suppressed: 7 }, { suppressed: 0 }]);
});
