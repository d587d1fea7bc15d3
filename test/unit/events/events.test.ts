import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { EVENT_FIELDS, EVENT_NAMES, EVENTS } from '../../../src/events/events.ts';
import { ROOT, sourceFiles } from '../source-files.ts';

const manual = readFileSync(join(ROOT, 'docs/events.md'), 'utf8');
const fields = new Set(EVENT_NAMES.flatMap((name) => EVENTS[name].fields.map((field) => field.replace('?', ''))));

/** Rows of the tables in the manual, as cells. */
function rows(): string[][] {
  const lines = manual.split('\n').filter((line) => line.startsWith('| `'));
  return lines.map((line) => line.slice(2, -2).split(' | '));
}

test('every field is explained once, and takes no name that every event or log line has', () => {
  expect(Object.keys(EVENT_FIELDS)).toEqual([...fields].toSorted());
  for (const name of ['schema', 'sequence', 'time', 'daemon', 'event', 'level', 'component']) {
    expect(fields.has(name), name).toBe(false);
  }
});

test('every event of the list is said somewhere', () => {
  const code = sourceFiles('src', ['.ts']).filter(({ path }) => !path.startsWith('src/events/'));
  const silent = EVENT_NAMES.filter((name) => {
    return !code.some(({ text }) => new RegExp(`\\.(debug|info|warn|error)\\(\\s*'${name}'`).test(text));
  });
  expect(silent).toEqual([]);
});

test('the manual has every event with its daemon, fields and meaning, and no others', () => {
  const said = { agent: 'agent', mapper: 'mapping daemon', both: 'both' };
  const wanted = EVENT_NAMES.map((name) => {
    const event = EVENTS[name];
    return [
      `\`${name}\``,
      said[event.daemons],
      event.fields.map((field) => `\`${field}\``).join(' ') || '-',
      event.meaning,
    ];
  });
  expect(rows().filter((cells) => cells.length === 4)).toEqual(wanted);
});

test('the manual explains every field', () => {
  const wanted = Object.entries(EVENT_FIELDS).map(([name, meaning]) => [`\`${name}\``, meaning]);
  expect(rows().filter((cells) => cells.length === 2)).toEqual(wanted);
});
