import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { ROOT, sourceFiles } from '../source-files.ts';
import { SAMPLES as ANSWERS } from './sample-documents.ts';
import { STREAM_SAMPLES } from './sample-streams.ts';

const SAMPLES = [...ANSWERS, ...STREAM_SAMPLES];

const manual = readFileSync(join(ROOT, 'docs/json.md'), 'utf8');
/** All but what daemons and labs write for themselves. */
const types = sourceFiles('src', ['.ts'])
  .filter(({ path }) => !path.endsWith('/lab-record.ts'))
  .map((file) => file.text)
  .join('\n');

test('the manual shows the documents that the tests use', () => {
  const blocks = [...manual.matchAll(/```json\n([\s\S]*?)```/g)].map((match) => JSON.parse(match[1] ?? '') as unknown);
  expect(blocks).toEqual(SAMPLES);
});

test('there is one of every schema', () => {
  const declared = [...types.matchAll(/readonly schema: '(netweft\.[a-z-]+\/v\d+)'/g)].map((match) => match[1]);
  const shown = SAMPLES.map((document) => document.schema);
  expect(declared.length).toBeGreaterThan(10);
  expect(new Set(shown)).toEqual(new Set(declared));
  expect(shown).toHaveLength(declared.length);
});
