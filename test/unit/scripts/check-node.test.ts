import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { ROOT } from '../source-files.ts';

function checkNode(...words: string[]): number | null {
  return spawnSync(process.execPath, [join(ROOT, 'scripts/check-node.mjs'), ...words]).status;
}

test.each([
  ['20.18.3', false],
  ['20.19.0', true],
  ['20.20.1', true],
  ['21.0.0', false],
  ['21.7.3', false],
  ['22.1.0', false],
  ['22.2.0', true],
  ['22.10.0', true],
  ['24.0.0', true],
])('set-up on Node %s: %s', (version, isTaken) => {
  expect(checkNode(version, '>=20.19 <21 || >=22.2')).toBe(isTaken ? 0 : 1);
});

test('the Node that runs this is one that package.json asks for', () => {
  expect(checkNode()).toBe(0);
});

test('a range that it does not understand is an error, not a yes', () => {
  expect(checkNode('22.2.0', '^22.2.0')).not.toBe(0);
});
