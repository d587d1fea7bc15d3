import { expect, test } from 'vitest';
import { changedSettings } from '../../../src/config/reload-changes.ts';
import { loadAgent, MINIMAL, problemsOf } from './load.ts';

const running = loadAgent(MINIMAL);

function changes(text: string): string[] {
  const next = loadAgent(text, { running: running.settings });
  return changedSettings(running.settings, next.settings).map(({ key }) => key.path);
}

test('the same in other words is no change', () => {
  const text = `config: netweft.agent/v1\n${MINIMAL.replace('198.18.0.1', '198.18.0.1:7790')}log: {level: info}\n`;
  expect(changes(text)).toEqual([]);
});

test('what may change is named', () => {
  expect(changes(`${MINIMAL}log: {level: debug, format: json}\nframeworks: [udp/1.0]`)).toEqual([
    'frameworks',
    'log.format',
    'log.level',
  ]);
  expect(changes(`${MINIMAL}limits: {lookups: {burst: 1}, replies: {perSecond: 1}}`)).toEqual([
    'limits.lookups.burst',
    'limits.replies.perSecond',
  ]);
});

test('the order of frameworks is a change', () => {
  expect(changes(`${MINIMAL}frameworks: [udp/1.0, udp/2.0, udp-pb/1.0]`)).toEqual(['frameworks']);
});

test('what may not change is refused with the old and the new value, beside everything else that is wrong', () => {
  const text = `host: y\nunderlay: 198.18.0.1\nmapper: 198.18.0.254\nmetrics: 127.0.0.1:1\nlog: {level: loud}\nsocket: /a\n`;
  const lines = problemsOf(() => loadAgent(text, { running: running.settings }));
  expect(lines).toEqual([
    'c.yaml:1:1: "host" would change from x to y, which a running agent cannot; restart it, or put the old value back',
    'c.yaml:4:1: "metrics" would change from nothing to 127.0.0.1:1, which a running agent cannot; restart it, or put the old value back',
    'c.yaml:5:7: "log.level" is "loud", it must be debug, info, warn or error',
    'c.yaml:6:1: "socket" would change from /run/netweft/agent.sock to /a, which a running agent cannot; restart it, or put the old value back',
  ]);
});

test('a key that is gone from the file is a change too', () => {
  const before = loadAgent(`${MINIMAL}socket: /a\nmetrics: 127.0.0.1:1\n`);
  expect(problemsOf(() => loadAgent(MINIMAL, { running: before.settings }))).toEqual([
    'c.yaml:1:1: "socket" would change from /a to /run/netweft/agent.sock, which a running agent cannot; restart it, or put the old value back',
    'c.yaml:1:1: "metrics" would change from 127.0.0.1:1 to nothing, which a running agent cannot; restart it, or put the old value back',
  ]);
});

test('of a wrong key or an unreadable file it is not claimed that it changed', () => {
  const wrong = MINIMAL.replace('198.18.0.1', '198.18.0.300');
  expect(problemsOf(() => loadAgent(wrong, { running: running.settings }))).toEqual([
    expect.stringContaining('2:1: "underlay" is "198.18.0.300", it must be'),
  ]);
  expect(problemsOf(() => loadAgent('host: [', { running: running.settings })).join()).not.toContain('would change');
});

test('what an option gives, the file does not change', () => {
  const options = { host: 'x', 'log.level': 'warn' };
  const before = loadAgent(MINIMAL, { options });
  const text = `${MINIMAL.replace('host: x', 'host: y')}log: {level: debug}\n`;
  const next = loadAgent(text, { options, running: before.settings });
  expect(changedSettings(before.settings, next.settings)).toEqual([]);
});
