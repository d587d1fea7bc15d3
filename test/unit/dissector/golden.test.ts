import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { goldenCaptures } from '../../golden/golden-captures.ts';
import { ROOT } from '../source-files.ts';

const FOLDER = join(ROOT, 'test/golden');
const captures = goldenCaptures();

test.each([...captures])('%s.pcapng is what its maker makes', (name, bytes) => {
  const path = join(FOLDER, `${name}.pcapng`);
  if (process.env['WEFT_UPDATE'] === '1') writeFileSync(path, bytes);
  expect(readFileSync(path).equals(bytes)).toBe(true);
});

test('there are no other captures', () => {
  const kept = readdirSync(FOLDER).filter((name) => name.endsWith('.pcapng'));
  expect(kept.toSorted()).toEqual([...captures.keys()].map((name) => `${name}.pcapng`).toSorted());
});
