import { expect, test } from 'vitest';
import { formatCount, formatSpan } from '../../../src/cli/amounts.ts';
import { formatFacts, formatTable } from '../../../src/cli/table.ts';

test('columns are as wide as their widest cell; numbers stand right; what is absent is a dash', () => {
  const rows = [
    ['a', 5, undefined],
    ['longer', 1000, ''],
  ];
  expect(formatTable(['NAME', 'N', 'X'], rows)).toBe('NAME       N  X\na          5  -\nlonger  1000  -\n');
});

const MEANINGS = [
  ['a', 'one two three four five six'],
  ['long', 'short'],
] as const;

test('on a terminal the last column goes on below itself, each line painted', () => {
  const paint = (row: readonly unknown[]) => (row[0] === 'a' ? (text: string) => `<${text}>` : undefined);
  expect(formatTable(['NAME', 'MEANING'], MEANINGS, paint, 27)).toBe(
    'NAME  MEANING\n<a     one two three four>\n<      five six>\nlong  short\n',
  );
});

test.each([undefined, 33, 25])(
  'a row is one line in a pipe, where it fits, and where little room is left: %s',
  (width) => {
    const [, row] = formatTable(['NAME', 'MEANING'], MEANINGS, undefined, width).split('\n');
    expect(row).toBe('a     one two three four five six');
  },
);

test('a word that is wider than the terminal stays whole', () => {
  const text = formatTable(['N', 'MEANING'], [['a', `x ${'y'.repeat(40)} z`]], undefined, 30);
  expect(text).toBe(`N  MEANING\na  x\n   ${'y'.repeat(40)}\n   z\n`);
});

test('facts are wrapped to a terminal', () => {
  expect(formatFacts([['reads', 'one two three four five six']], 27)).toBe(
    'reads  one two three four\n       five six\n',
  );
});

test('facts are aligned, and those without a value are left out', () => {
  const facts = [
    ['a', '1'],
    ['long', undefined],
    ['bcd', '2\n3'],
  ] as const;
  expect(formatFacts(facts)).toBe('a     1\nbcd   2\\u000a3\n');
});

test.each([
  [0, '0.0s'],
  [9_999, '10.0s'],
  [59_999, '59s'],
  [60_000, '1m 0s'],
  [3_599_999, '59m 59s'],
  [86_399_999, '23h 59m'],
  [90_000_000, '1d 1h'],
])('%i ms is %s', (milliseconds, text) => {
  expect(formatSpan(milliseconds)).toBe(text);
});

test.each([
  [0, '0 flows'],
  [1, '1 flow'],
  [2, '2 flows'],
])('%i is counted as %s', (count, text) => {
  expect(formatCount(count, 'flow')).toBe(text);
});
