import { expect, test } from 'vitest';
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
