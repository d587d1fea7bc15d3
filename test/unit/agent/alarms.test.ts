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
  expect(raised()).toEqual([{ reason: 'wrong-agreement', from: '198.18.0.12:7790', peer: 'y' }]);
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

it('does not flood, whoever forges senders, and tells at the end of the minute what it left out', async () => {
  const { clock, alarms, log, raised } = open();
  for (let count = 0; count < 100; count++) alarms.notice(datagramFrom(count), 'unknown-sender');
  expect(raised()).toEqual([{ reason: 'unknown-sender', from: '0.0.0.0:7790', peer: undefined }]);
  await clock.run(MINUTE_MS - 1);
  expect(log.events).toEqual([]);
  await clock.run(1);
  expect(log.events).toMatchObject([{ level: 'warn', event: 'alarms-suppressed' }]);
  expect(raised()).toEqual([{ reason: 'unknown-sender', senders: 'strangers', suppressed: 99 }]);
  await clock.run(10 * MINUTE_MS);
  expect(raised()).toEqual([]);
});

it('names hosts of the cloud, however many strangers there are, and a host for each reason', () => {
  const { alarms, log } = open();
  for (let count = 0; count < 1000; count++) alarms.notice(datagramFrom(count), 'wrong-agreement');
  for (let port = 0; port < MAX_ALARMS.peers + 7; port++) alarms.notice(datagramFrom(HOST_Y, port), 'wrong-agreement');
  alarms.notice(datagramFrom(HOST_Y), 'source-not-there');
  const named = log.events.filter(({ event }) => event === 'alarm').map(({ fields }) => fields);
  expect(named).toHaveLength(MAX_ALARMS.strangers + MAX_ALARMS.peers + 1);
  expect(named.at(-1)).toEqual({ reason: 'source-not-there', from: '198.18.0.12:7790', peer: 'y' });
});

it('tells what it left out when it is stopped within the minute, once', async () => {
  const { clock, alarms, raised } = open();
  alarms.notice(datagramFrom(1), 'unknown-sender');
  alarms.notice(datagramFrom(2), 'unknown-sender');
  raised();
  alarms.stop();
  await clock.run(2 * MINUTE_MS);
  expect(raised()).toEqual([{ reason: 'unknown-sender', senders: 'strangers', suppressed: 1 }]);
});
