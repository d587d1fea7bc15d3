import { expect, test } from 'vitest';
import type { EventDocument } from '../../../src/admin/event-documents.ts';
import { UserError } from '../../../src/base/errors.ts';
import { EventJournal, MAX_EVENTS } from '../../../src/events/event-journal.ts';
import { journalLogger } from '../../../src/events/journal-logger.ts';
import { recordedLog } from '../../kit/recorded-log.ts';
import { VirtualClock } from '../../kit/simulation/virtual-clock.ts';

function journalOfAgent() {
  const clock = new VirtualClock();
  return { clock, journal: new EventJournal({ clock, daemon: 'agent', host: 'x' }) };
}

const sequences = (events: readonly EventDocument[]) => events.map(({ sequence }) => sequence);

test('an event says what, when, who, and its fields', async () => {
  const { clock, journal } = journalOfAgent();
  await clock.run(1500);
  journal.record('port-lost', { port: 'a30', device: 'tun0', cause: 'deleted' });
  expect(journal.past()).toEqual([
    {
      schema: 'netweft.event/v1',
      sequence: 1,
      time: '1970-01-01T00:00:01.500Z',
      daemon: 'agent',
      host: 'x',
      event: 'port-lost',
      port: 'a30',
      device: 'tun0',
      cause: 'deleted',
    },
  ]);
});

test('fields that the list does not name are left out, as are those that are absent', () => {
  const { journal } = journalOfAgent();
  journal.record('port-trouble', { port: 'a30', device: 'tun0', error: 'no', hint: undefined, secret: 'x', host: 'y' });
  const [event] = journal.past();
  expect(event).toMatchObject({ host: 'x', port: 'a30', error: 'no' });
  expect(event).not.toHaveProperty('secret');
  expect(event).not.toHaveProperty('hint');
});

test('a failure is told by its message, a list in one text, and nothing is endless', () => {
  const { journal } = journalOfAgent();
  journal.record('reload-refused', { error: new UserError('invalid', 'what is wrong'), hint: 'y'.repeat(5000) });
  journal.record('reloaded', { file: '/etc/a.yaml', changed: ['log.level', 'frameworks'] });
  expect(journal.past()).toMatchObject([{ error: 'what is wrong' }, { changed: 'log.level,frameworks' }]);
  expect(String(journal.past()[0]?.['hint']).length).toBeLessThan(1000);
});

test('the latest are kept, the others are counted', () => {
  const { journal } = journalOfAgent();
  for (let count = 0; count < MAX_EVENTS + 5; count++) journal.record('peer-gone', { peer: 'y' });
  expect(journal.past()).toHaveLength(MAX_EVENTS);
  expect(journal.past()[0]?.sequence).toBe(6);
  expect([journal.sequence, journal.forgotten]).toEqual([MAX_EVENTS + 5, 5]);
  expect(sequences(journal.past(MAX_EVENTS + 3))).toEqual([MAX_EVENTS + 4, MAX_EVENTS + 5]);
  expect(journal.past(2)).toHaveLength(MAX_EVENTS);
  expect(journal.past(MAX_EVENTS + 5)).toEqual([]);
});

test('a sequence of an earlier life gives everything', () => {
  const { journal } = journalOfAgent();
  journal.record('peer-gone', { peer: 'y' });
  expect(sequences(journal.past(118))).toEqual([1]);
});

test('who follows is told the past it wants, then each event once, until it ends', () => {
  const { journal } = journalOfAgent();
  for (let count = 0; count < 3; count++) journal.record('peer-gone', { peer: 'y' });
  const told: EventDocument[] = [];
  const end = journal.follow(1, (event) => told.push(event));
  expect(sequences(told)).toEqual([2, 3]);
  journal.record('peer-gone', { peer: 'z' });
  expect(sequences(told)).toEqual([2, 3, 4]);
  end();
  journal.record('peer-gone', { peer: 'z' });
  expect(sequences(told)).toEqual([2, 3, 4]);
});

test('a log with a journal writes both in one call, and what is no event into the log alone', () => {
  const { journal } = journalOfAgent();
  const log = recordedLog();
  const both = journalLogger(log, journal);
  both.debug('peer-gone', { peer: 'y' });
  both.warn('request-failed', { request: 'GET /' });
  both.error('stopping');
  both.info('toString');
  expect(log.events.map(({ level, event }) => `${level} ${event}`)).toEqual([
    'debug peer-gone',
    'warn request-failed',
    'error stopping',
    'info toString',
  ]);
  expect(journal.past().map(({ event }) => event)).toEqual(['peer-gone', 'stopping']);
});
