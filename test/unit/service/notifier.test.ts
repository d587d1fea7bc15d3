import { expect, test } from 'vitest';
import { Notifier } from '../../../src/service/notifier.ts';
import { recordedLog } from '../../kit/recorded-log.ts';
import { VirtualClock } from '../../kit/simulation/virtual-clock.ts';

function open(watchdogMs?: number) {
  const clock = new VirtualClock();
  const log = recordedLog();
  const sent: string[] = [];
  const notifier = new Notifier({
    clock,
    log,
    watchdogMs,
    monotonicMicroseconds: () => 8_000_000_000_000_001n,
    send: (message) => void sent.push(message),
  });
  /** What was sent since it was last asked. */
  const news = () => sent.splice(0);
  return { clock, log, notifier, news };
}

test('a daemon is ready once, with its status', () => {
  const { notifier, news } = open();
  notifier.status('waiting for the mapping daemon at 198.18.0.2:7791');
  expect(news()).toEqual(['STATUS=waiting for the mapping daemon at 198.18.0.2:7791']);
  notifier.ready();
  expect(news()).toEqual(['READY=1\nSTATUS=waiting for the mapping daemon at 198.18.0.2:7791']);
});

test('a status is said when it is another', () => {
  const { notifier, news } = open();
  for (const text of ['registered', 'registered', 'silent', 'registered']) notifier.status(text);
  expect(news()).toEqual(['STATUS=registered', 'STATUS=silent', 'STATUS=registered']);
});

test('a status cannot say anything else', () => {
  const { notifier, news } = open();
  notifier.status('up\nMAINPID=1');
  expect(news().join()).not.toContain('\n');
});

test('a reload is told with its time, and its end with the status that the daemon then has', () => {
  const { notifier, news } = open();
  notifier.status('one');
  notifier.ready();
  news();
  notifier.reloading();
  expect(news()).toEqual(['RELOADING=1\nMONOTONIC_USEC=8000000000000001\nSTATUS=reading the configuration again']);
  notifier.status('two');
  notifier.reloading();
  expect(news()).toEqual([]);
  notifier.ready();
  expect(news()).toEqual(['READY=1\nSTATUS=two']);
});

test('a daemon that is not ready yet does not reload', () => {
  const { notifier, news } = open();
  notifier.reloading();
  expect(news()).toEqual([]);
});

test('after stopping there is nothing more to say', async () => {
  const { clock, notifier, news } = open(1000);
  notifier.ready();
  news();
  notifier.stopping();
  expect(news()).toEqual(['STOPPING=1\nSTATUS=stopping']);
  notifier.stopping();
  notifier.status('late');
  notifier.reloading();
  notifier.ready();
  await clock.run(10_000);
  expect(news()).toEqual([]);
  expect(clock.pendingTimers).toBe(0);
});

test('a stop in the middle of a reload is told, and the end of the reload is not', () => {
  const { notifier, news } = open();
  notifier.ready();
  notifier.reloading();
  news();
  notifier.stopping();
  notifier.ready();
  expect(news()).toEqual(['STOPPING=1\nSTATUS=stopping']);
});

test('a healthy daemon gives a sign of life at ready, then twice in each interval', async () => {
  const { clock, notifier, news } = open(1000);
  await clock.run(5000);
  expect(news()).toEqual([]);
  notifier.ready(() => true);
  expect(news()).toEqual(['READY=1\nSTATUS=', 'WATCHDOG=1']);
  await clock.run(499);
  expect(news()).toEqual([]);
  await clock.run(1);
  expect(news()).toEqual(['WATCHDOG=1']);
  await clock.run(2000);
  expect(news()).toHaveLength(4);
});

test('a reload does not change the beat, and does not double it', async () => {
  const { clock, notifier, news } = open(1000);
  notifier.ready(() => true);
  await clock.run(250);
  notifier.reloading();
  await clock.run(250);
  notifier.ready();
  await clock.run(500);
  expect(news().filter((message) => message === 'WATCHDOG=1')).toHaveLength(3);
  expect(clock.pendingTimers).toBe(1);
});

test('a daemon that is not healthy gives none, says so once, and may recover', async () => {
  const { clock, log, notifier, news } = open(1000);
  let isHealthy = true;
  notifier.ready(() => isHealthy);
  news();
  isHealthy = false;
  await clock.run(5000);
  expect(news()).toEqual([]);
  expect(log.events).toEqual([{ level: 'error', event: 'watchdog-withheld', fields: { watchdogMs: 1000 } }]);
  isHealthy = true;
  await clock.run(500);
  expect(news()).toEqual(['WATCHDOG=1']);
  isHealthy = false;
  await clock.run(500);
  expect(log.events).toHaveLength(2);
});

test('without a watchdog nothing is timed and nobody is asked for health', async () => {
  const { clock, notifier } = open();
  let asked = 0;
  notifier.ready(() => ++asked > 0);
  await clock.run(60_000);
  expect({ asked, timers: clock.pendingTimers }).toEqual({ asked: 0, timers: 0 });
});
