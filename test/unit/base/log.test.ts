import { expect, test } from 'vitest';
import { DecodeError, UserError } from '../../../src/base/errors.ts';
import { createLogger, type LogFormat, type LogLevel } from '../../../src/base/log.ts';

const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;

function logInto(lines: string[], format: LogFormat, level: LogLevel = 'debug') {
  return createLogger({ format, level, component: 'agent', write: (line) => lines.push(line) });
}

test('text: time, level, component, event and fields, one line', () => {
  const lines: string[] = [];
  logInto(lines, 'text').info('port-up', { port: 'a30', index: 3, note: 'two words', list: [1, 'x'], empty: '' });
  expect(lines).toHaveLength(1);
  const [time, ...rest] = (lines[0] ?? '').split(' ');
  expect(time).toMatch(TIME);
  expect(rest.join(' ')).toBe('INFO  agent port-up port=a30 index=3 note="two words" list=[1,"x"] empty=""\n');
});

test('json: one object per line with the same names', () => {
  const lines: string[] = [];
  logInto(lines, 'json').warn('port-lost', { port: 'a30', cause: 'deleted' });
  expect(lines).toHaveLength(1);
  expect(lines[0]?.endsWith('}\n')).toBe(true);
  expect(JSON.parse(lines[0] ?? '')).toEqual({
    time: expect.stringMatching(TIME),
    level: 'warn',
    component: 'agent',
    event: 'port-lost',
    port: 'a30',
    cause: 'deleted',
  });
});

test('levels below the chosen one are not written', () => {
  const lines: string[] = [];
  const log = logInto(lines, 'text', 'warn');
  log.debug('one');
  log.info('two');
  log.warn('three');
  log.error('four');
  expect(lines.map((line) => line.split(' ').at(-1))).toEqual(['three\n', 'four\n']);
});

test('level and format change with the next line', () => {
  const lines: string[] = [];
  const log = logInto(lines, 'text', 'warn');
  log.info('one');
  log.adjust({ format: 'json', level: 'debug' });
  log.debug('two');
  log.adjust({ format: 'text', level: 'error' });
  log.warn('three');
  log.error('four');
  expect(lines.map((line) => line.replace(/^.*(two|four).*\n$/, '$1'))).toEqual(['two', 'four']);
  expect(JSON.parse(lines[0] ?? '')).toMatchObject({ level: 'debug', event: 'two' });
  expect(lines[1]).toMatch(/ ERROR agent four\n$/);
});

test.each(['text', 'json'] as const)('%s: no value breaks the line or controls the terminal', (format) => {
  const lines: string[] = [];
  const hostile = 'a\nFAKE line\u001b[31m\u009b2J\u2028\u202e\r\0"=\\';
  logInto(lines, format).info('event', { hostile, [hostile]: 1 });
  expect(lines).toHaveLength(1);
  expect(lines[0]?.slice(0, -1)).not.toMatch(/[\p{Cc}\p{Zl}\p{Bidi_Control}]/u);
  if (format === 'json') expect(JSON.parse(lines[0] ?? '').hostile).toBe(hostile);
});

test('a refusal is told by its message, a fault of ours by its stack', () => {
  const lines: string[] = [];
  const log = logInto(lines, 'json');
  log.warn('refused', { error: new UserError('conflict', 'the name is taken') });
  log.warn('bad-message', { error: new DecodeError('truncated') });
  log.error('fault', { error: new TypeError('boom') });
  const errors = lines.map((line) => JSON.parse(line).error as string);
  expect(errors.slice(0, 2)).toEqual(['the name is taken', 'truncated']);
  expect(errors[2]).toContain('TypeError: boom\n    at ');
});
