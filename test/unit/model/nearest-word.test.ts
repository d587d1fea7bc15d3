import { describe, expect, test } from 'vitest';
import { nearestWord } from '../../../src/model/nearest-word.ts';

const KINDS = ['tenant', 'network', 'subnet', 'host', 'guest', 'port'];

test.each([
  ['prot', 'port'],
  ['tennant', 'tenant'],
  ['PORT', 'port'],
  ['netwrok', 'network'],
  ['subent', 'subnet'],
  ['router', undefined],
  ['', undefined],
  ['x'.repeat(10_000), undefined],
])('%s is meant as %s', (word, expected) => {
  expect(nearestWord(word, KINDS)).toBe(expected);
});

test.each([
  ['a', undefined],
  ['ab', undefined],
  ['abx', 'abc'],
])('%s, which is short, is meant as %s', (word, expected) => {
  expect(nearestWord(word, ['b', 'ac', 'abc'])).toBe(expected);
});

describe('among twenty thousand', () => {
  const guests = Array.from({ length: 20_000 }, (_, index) => `tenant-a-guest-${String(index).padStart(5, '0')}`);

  test.each([
    ['tenant-a-gest-12345', 'tenant-a-guest-12345'],
    ['tenannt-a-guest-00007', 'tenant-a-guest-00007'],
    ['somebody-else-entirely', undefined],
  ])('%s is meant as %s', (word, expected) => {
    expect(nearestWord(word, guests)).toBe(expected);
  });
});
