import { expect, test } from 'vitest';
import { MetricsRegistry } from '../../../src/metrics/registry.ts';
import { sourceFiles } from '../source-files.ts';
import { parseExposition } from '../../kit/exposition.ts';

async function samples(registry: MetricsRegistry, name: string) {
  return parseExposition(await registry.text()).get(name)?.samples;
}

test('values are read when the text is asked for, and not before', async () => {
  const registry = new MetricsRegistry();
  let reads = 0;
  registry.counter({ name: 'a_total', help: 'What.' }, () => ++reads * 10);
  expect(reads).toBe(0);
  expect(await samples(registry, 'a_total')).toEqual([{ name: 'a_total', labels: {}, value: 10 }]);
  expect(await samples(registry, 'a_total')).toEqual([{ name: 'a_total', labels: {}, value: 20 }]);
});

test('series of labels that are gone are gone, those of the same labels are summed', async () => {
  const registry = new MetricsRegistry();
  let values: readonly (readonly [{ port: string }, number])[] = [[{ port: 'a' }, 1]];
  registry.counter({ name: 'a_total', help: 'What.', labels: ['port'] }, () => values);
  expect(await samples(registry, 'a_total')).toHaveLength(1);
  values = [
    [{ port: 'b' }, 2],
    [{ port: 'b' }, 3],
    [{ port: 'c' }, 0],
  ];
  expect(await samples(registry, 'a_total')).toEqual([
    { name: 'a_total', labels: { port: 'b' }, value: 5 },
    { name: 'a_total', labels: { port: 'c' }, value: 0 },
  ]);
});

test('a gauge may fall, be negative, and be without a value', async () => {
  const registry = new MetricsRegistry();
  let value: number | undefined = 5;
  registry.gauge({ name: 'a', help: 'What.' }, () => value);
  registry.gauge({ name: 'b', help: 'What.', labels: ['x'] }, () => []);
  expect(await samples(registry, 'a')).toMatchObject([{ value: 5 }]);
  value = -2;
  expect(await samples(registry, 'a')).toMatchObject([{ value: -2 }]);
  value = undefined;
  expect(await samples(registry, 'a')).toEqual([]);
  expect(await samples(registry, 'b')).toEqual([]);
});

test('a histogram counts durations by its label, and has every series from the start', async () => {
  const registry = new MetricsRegistry();
  const observe = registry.histogram({ name: 'h_seconds', help: 'What.', label: { name: 'kind', values: ['a', 'b'] } });
  const countOf = async (kind: string) => {
    const all = await samples(registry, 'h_seconds');
    return all?.find(({ name, labels }) => name === 'h_seconds_count' && labels['kind'] === kind)?.value;
  };
  expect([await countOf('a'), await countOf('b')]).toEqual([0, 0]);
  observe(0.003, 'a');
  observe(100, 'a');
  expect([await countOf('a'), await countOf('b')]).toEqual([2, 0]);
  const buckets = (await samples(registry, 'h_seconds'))?.filter(({ labels }) => labels['kind'] === 'a') ?? [];
  const at = (le: string) => buckets.find(({ labels }) => labels['le'] === le)?.value;
  expect([at('0.0025'), at('0.005'), at('10'), at('+Inf')]).toEqual([0, 1, 1, 2]);
});

test('what a label says cannot break the text', async () => {
  const registry = new MetricsRegistry();
  const evil = 'a"} 1\nb_total{x="\\';
  registry.counter({ name: 'a_total', help: 'What.', labels: ['x'] }, () => [[{ x: evil }, 1]]);
  expect(await samples(registry, 'a_total')).toEqual([{ name: 'a_total', labels: { x: evil }, value: 1 }]);
});

test('two who ask at once get the same', async () => {
  const registry = new MetricsRegistry();
  registry.counter({ name: 'a_total', help: 'What.' }, () => 7);
  const [one, other] = await Promise.all([registry.text(), registry.text()]);
  expect(one).toBe(other);
  expect(parseExposition(one).get('a_total')?.samples).toMatchObject([{ value: 7 }]);
});

test('the library is known to one file alone', () => {
  const users = sourceFiles('src', ['.ts']).filter(({ text }) => text.includes('prom-client'));
  expect(users.map(({ path }) => path)).toEqual(['src/metrics/registry.ts']);
});
