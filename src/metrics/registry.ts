import { Counter, Gauge, Histogram, Registry } from 'prom-client';

export type Labels = Readonly<Record<string, string>>;
export type Sample = readonly [labels: Labels, value: number];

/** One value without labels, or none, or a value for each combination of labels. */
export type Reading = number | undefined | Iterable<Sample>;

/** Takes a duration in seconds and the value of the label, where there is one. */
export type Observe<L extends string = string> = (seconds: number, label?: L) => void;

/** Seconds: from what stays in one machine to what was given up. */
const LATENCY_BUCKETS = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

export interface MetricDefinition {
  /** By the rules of Prometheus: base units, `_total` for counters. */
  readonly name: string;
  readonly help: string;
  readonly labels?: readonly string[];
}

export interface HistogramDefinition<L extends string> {
  /** Ends in `_seconds`. */
  readonly name: string;
  readonly help: string;
  /** One label, with all values that it may have. */
  readonly label?: { readonly name: string; readonly values: readonly L[] };
}

export interface DescribedMetric {
  readonly name: string;
  readonly type: 'counter' | 'gauge' | 'histogram';
  readonly help: string;
  readonly labels: readonly string[];
}

/** Everything that one daemon exposes. Values are read when the text is asked for, and only then. */
export class MetricsRegistry {
  readonly #registry = new Registry();
  readonly #described: DescribedMetric[] = [];

  /** `read` returns totals that only grow while their series exist. Samples of the same labels are summed. */
  counter(definition: MetricDefinition, read: () => Reading): void {
    const counter = new Counter({
      ...this.#describe('counter', definition),
      collect() {
        this.reset();
        for (const [labels, value] of samplesOf(read())) this.inc({ ...labels }, value);
      },
    });
    this.#registry.registerMetric(counter);
  }

  /** Samples of the same labels are summed. */
  gauge(definition: MetricDefinition, read: () => Reading): void {
    const hasLabels = definition.labels !== undefined;
    const gauge = new Gauge({
      ...this.#describe('gauge', definition),
      collect() {
        this.reset();
        const samples = samplesOf(read());
        // The library's reset makes 0 of one without labels; one that has no value now is left out.
        if (samples.length === 0 && !hasLabels) this.remove();
        for (const [labels, value] of samples) this.inc({ ...labels }, value);
      },
    });
    this.#registry.registerMetric(gauge);
  }

  histogram<L extends string>({ name, help, label }: HistogramDefinition<L>): Observe<L> {
    const labels = label === undefined ? [] : [label.name];
    const configuration = this.#describe('histogram', { name, help, labels });
    const histogram = new Histogram<string>({ ...configuration, buckets: LATENCY_BUCKETS });
    this.#registry.registerMetric(histogram);
    if (label === undefined) return (seconds) => histogram.observe(seconds);
    for (const value of label.values) histogram.zero({ [label.name]: value });
    return (seconds, value) => histogram.observe({ [label.name]: value ?? '' }, seconds);
  }

  /** Every metric, in the order in which it was added. */
  describe(): readonly DescribedMetric[] {
    return this.#described;
  }

  get contentType(): string {
    return this.#registry.contentType;
  }

  /** All values as they are now, in the text format 0.0.4 of Prometheus. */
  text(): Promise<string> {
    return this.#registry.metrics();
  }

  #describe(type: DescribedMetric['type'], { name, help, labels = [] }: MetricDefinition) {
    this.#described.push({ name, type, help, labels });
    return { name, help, labelNames: [...labels], registers: [] };
  }
}

function samplesOf(reading: Reading): readonly Sample[] {
  if (reading === undefined) return [];
  return typeof reading === 'number' ? [[{}, reading]] : [...reading];
}
