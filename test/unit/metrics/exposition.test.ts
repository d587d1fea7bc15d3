import { expect, test } from 'vitest';
import { parseExposition } from '../../kit/exposition.ts';

const HEAD = '# HELP a_total What.\n# TYPE a_total counter\n';

test('what is right is read', () => {
  const metric = parseExposition(`${HEAD}a_total{x="1",y="a\\"b\\\\c\\nd"} 3\na_total 1e+3\n`).get('a_total');
  expect(metric).toEqual({
    name: 'a_total',
    type: 'counter',
    help: 'What.',
    samples: [
      { name: 'a_total', labels: { x: '1', y: 'a"b\\c\nd' }, value: 3 },
      { name: 'a_total', labels: {}, value: 1000 },
    ],
  });
});

test.each([
  ['no line end', `${HEAD}a_total 1`],
  ['no HELP', '# TYPE a_total counter\na_total 1\n'],
  ['another TYPE', '# HELP a_total What.\n# TYPE b_total counter\na_total 1\n'],
  ['a series twice', `${HEAD}a_total{x="1"} 1\na_total{x="1"} 2\n`],
  ['a metric twice', `${HEAD}a_total 1\n\n${HEAD}a_total 1\n`],
  ['a sample of another metric', `${HEAD}b_total 1\n`],
  ['no number', `${HEAD}a_total x\n`],
  ['NaN', `${HEAD}a_total Nan\n`],
  ['a counter that is no total', '# HELP a What.\n# TYPE a counter\na 1\n'],
  ['a negative counter', `${HEAD}a_total -1\n`],
  ['labels without quotes', `${HEAD}a_total{x=1} 1\n`],
  ['labels with a comma at the end', `${HEAD}a_total{x="1",} 1\n`],
  ['a label twice', `${HEAD}a_total{x="1",x="2"} 1\n`],
  [
    'a histogram that shrinks',
    '# HELP h What.\n# TYPE h histogram\nh_bucket{le="1"} 2\nh_bucket{le="+Inf"} 1\nh_sum 1\nh_count 1\n',
  ],
  ['a histogram without an end', '# HELP h What.\n# TYPE h histogram\nh_bucket{le="1"} 1\nh_sum 1\nh_count 1\n'],
])('%s is refused', (_, text) => {
  expect(() => parseExposition(text)).toThrow();
});
