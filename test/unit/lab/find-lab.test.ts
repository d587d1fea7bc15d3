import { expect, test, vi } from 'vitest';
import { findLab } from '../../../src/lab/find-lab.ts';
import * as records from '../../../src/lab/lab-record.ts';

vi.mock('../../../src/lab/lab-record.ts');

test.each([
  [[], undefined],
  [['one'], 'one'],
])('without a word, of %j: %s', (labs, name) => {
  vi.mocked(records.listLabs).mockReturnValue(labs);
  expect(findLab(undefined)).toBe(name);
});

test('of several labs one has to be named, in the ways that the hint tells', () => {
  vi.mocked(records.listLabs).mockReturnValue(['one', 'two']);
  expect(findLab('two')).toBe('two');
  expect(() => findLab(undefined)).toThrow(
    expect.objectContaining({
      message: 'several labs are up: one, two',
      hint: 'name it: weft lab exec --lab NAME ..., weft lab stop mapper --lab NAME, weft lab down NAME',
    }),
  );
});
