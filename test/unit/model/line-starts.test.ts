import { expect, test } from 'vitest';
import { LineStarts } from '../../../src/model/line-starts.ts';

test.each([
  ['', 0, 1, 1],
  ['', 5, 1, 1],
  ['ab', 1, 1, 2],
  ['ab', 2, 1, 3],
  ['ab', 9, 1, 3],
  ['ab\n', 2, 1, 3],
  ['ab\n', 3, 2, 1],
  ['ab\n', 7, 2, 1],
  ['ab\ncd\n\ne', 4, 2, 2],
  ['ab\ncd\n\ne', 6, 3, 1],
  ['ab\ncd\n\ne', 7, 4, 1],
])('of %j, character %i is in line %i, column %i', (text, offset, line, column) => {
  expect(new LineStarts(text).placeAt(offset)).toEqual({ line, column });
});
