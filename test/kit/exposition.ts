/**
 * Reads the text format 0.0.4 of Prometheus strictly: one block for each metric, HELP, TYPE, then its
 * samples, nothing twice, and histograms that add up. Throws where the text is anything else.
 */

export interface ExposedSample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

export interface ExposedMetric {
  readonly name: string;
  readonly type: string;
  readonly help: string;
  readonly samples: readonly ExposedSample[];
}

const NAME = '[a-zA-Z_:][a-zA-Z0-9_:]*';
const LABEL = /^([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\["\\n])*)"(,|$)/;
const NUMBER = /^(?:[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?|[+-]Inf)$/;
const SUFFIXES: Readonly<Record<string, readonly string[]>> = {
  counter: [''],
  gauge: [''],
  histogram: ['_bucket', '_sum', '_count'],
};

export function parseExposition(text: string): ReadonlyMap<string, ExposedMetric> {
  if (!text.endsWith('\n')) throw new Error('the text does not end with a line end');
  const metrics = new Map<string, ExposedMetric>();
  for (const block of text.trimEnd().split('\n\n')) {
    const metric = parseBlock(block.split('\n'));
    if (metrics.has(metric.name)) throw new Error(`${metric.name} appears twice`);
    metrics.set(metric.name, metric);
  }
  return metrics;
}

function parseBlock([first = '', second = '', ...lines]: readonly string[]): ExposedMetric {
  const help = new RegExp(`^# HELP (${NAME}) (.+)$`).exec(first);
  const type = new RegExp(`^# TYPE (${NAME}) (counter|gauge|histogram)$`).exec(second);
  const name = help?.[1] ?? '';
  if (help === null || type === null || type[1] !== name) throw new Error(`no HELP and TYPE: ${first} / ${second}`);
  const metric = { name, type: type[2] ?? '', help: help[2] ?? '', samples: lines.map(parseSample) };
  checkMetric(metric);
  return metric;
}

function parseSample(line: string): ExposedSample {
  const match = new RegExp(`^(${NAME})(?:\\{(.*)\\})? (\\S+)$`).exec(line);
  if (match === null || !NUMBER.test(match[3] ?? '')) throw new Error(`no sample: ${line}`);
  const value = Number((match[3] ?? '').replace('Inf', 'Infinity'));
  return { name: match[1] ?? '', labels: parseLabels(match[2] ?? ''), value };
}

function parseLabels(text: string): Record<string, string> {
  const labels: Record<string, string> = {};
  for (let rest = text; rest !== ''; ) {
    const match = LABEL.exec(rest);
    const [whole = '', name = '', value = ''] = match ?? [];
    if (match === null || Object.hasOwn(labels, name)) throw new Error(`wrong labels: ${text}`);
    labels[name] = value.replace(/\\(.)/g, (_, escaped: string) => (escaped === 'n' ? '\n' : escaped));
    rest = rest.slice(whole.length);
    if (whole.endsWith(',') && rest === '') throw new Error(`wrong labels: ${text}`);
  }
  return labels;
}

function checkMetric({ name, type, samples }: ExposedMetric): void {
  if ((type === 'counter') !== name.endsWith('_total')) throw new Error(`${name} is a ${type}`);
  const names = SUFFIXES[type]?.map((suffix) => name + suffix) ?? [];
  const seen = new Set<string>();
  for (const sample of samples) {
    if (!names.includes(sample.name)) throw new Error(`${sample.name} in the block of ${name}`);
    const series = `${sample.name} ${JSON.stringify(
      Object.keys(sample.labels)
        .toSorted()
        .map((label) => [label, sample.labels[label]]),
    )}`;
    if (seen.has(series)) throw new Error(`${series} appears twice`);
    seen.add(series);
    if (type !== 'gauge' && sample.value < 0) throw new Error(`${series} is negative`);
  }
  if (type === 'histogram') checkHistogram(name, samples);
}

/** Buckets grow, the last is +Inf, and it is the count. */
function checkHistogram(name: string, samples: readonly ExposedSample[]): void {
  const groups = new Map<string, ExposedSample[]>();
  for (const sample of samples) {
    const { le: _, ...labels } = sample.labels;
    const key = JSON.stringify(labels);
    groups.set(key, [...(groups.get(key) ?? []), sample]);
  }
  for (const [labels, group] of groups) {
    const buckets = group.filter((sample) => sample.name.endsWith('_bucket'));
    const bounds = buckets.map((bucket) => Number((bucket.labels['le'] ?? '').replace('Inf', 'Infinity')));
    const isAscending = buckets.every(({ value }, index) => {
      const [bound = Number.NaN, before = -1] = [bounds[index], bounds[index - 1]];
      return bound > before && value >= (buckets[index - 1]?.value ?? 0);
    });
    const count = group.find((sample) => sample.name.endsWith('_count'))?.value;
    if (!isAscending || bounds.at(-1) !== Infinity || buckets.at(-1)?.value !== count) {
      throw new Error(`the buckets of ${name} ${labels} do not add up`);
    }
  }
}
