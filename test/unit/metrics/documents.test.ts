import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import type { DescribedMetric } from '../../../src/metrics/registry.ts';
import { ROOT } from '../source-files.ts';
import { allMetrics } from './all-metrics.ts';

const metrics = allMetrics();
const all = [...metrics.agent, ...metrics.mapper, ...metrics.process];
const manual = read('docs/metrics.md');

function read(path: string): string {
  return readFileSync(join(ROOT, path), 'utf8');
}

/** Names of series that an expression speaks of, as far as they look like ours. */
function namesIn(expression: string): string[] {
  return expression.match(/\b(?:netweft|process|nodejs)_[a-z0-9_]+/g) ?? [];
}

function isExposed(name: string): boolean {
  return all.some((metric) => {
    const suffixes = metric.type === 'histogram' ? ['_bucket', '_sum', '_count'] : [''];
    return suffixes.some((suffix) => metric.name + suffix === name);
  });
}

/** Labels that an expression selects or sums by, of one metric of ours. */
function labelsOf(expression: string): string[] {
  const selected = [...expression.matchAll(/\{([^}]*)\}/g)].flatMap(([, text = '']) =>
    [...text.matchAll(/([a-z_]+)\s*(?:=~|!~|!=|=)/g)].map(([, label = '']) => label),
  );
  const grouped = [...expression.matchAll(/\bby \(([^)]*)\)/g)].flatMap(([, text = '']) => text.split(/,\s*/));
  // Those that Prometheus adds to every series, and the bound of a bucket.
  return [...selected, ...grouped].filter((label) => !['job', 'instance', 'le'].includes(label));
}

function expectKnown(expression: string): void {
  const names = namesIn(expression);
  expect(
    names.filter((name) => !isExposed(name)),
    expression,
  ).toEqual([]);
  const labels = all
    .filter(({ name }) => names.some((used) => used.startsWith(name)))
    .flatMap((metric) => [...metric.labels]);
  expect(
    labelsOf(expression).filter((label) => !labels.includes(label)),
    expression,
  ).toEqual([]);
}

describe('the names', () => {
  test('are of this program, once each, in the forms that Prometheus wants', () => {
    expect(new Set(all.map(({ name }) => name)).size).toBe(all.length);
    const wrong = all.filter(({ name, type }) => {
      const isOurs = /^(netweft_(agent|mapper)|process|nodejs)(_[a-z0-9]+)+$/.test(name);
      const hasUnit = type !== 'histogram' || name.endsWith('_seconds');
      return !isOurs || !hasUnit || (type === 'counter') !== name.endsWith('_total') || /_(ms|kb|mb)\b/.test(name);
    });
    expect(wrong).toEqual([]);
  });

  test('each is explained in a sentence', () => {
    expect(all.filter(({ help }) => !/^[A-Z0-9].*\.$/.test(help))).toEqual([]);
  });
});

describe('docs/metrics.md', () => {
  test.each([
    ['The agent', metrics.agent],
    ['The mapping daemon', metrics.mapper],
    ['The process', metrics.process],
  ] as [string, readonly DescribedMetric[]][])('%s: lists exactly what is exposed', (title, wanted) => {
    const [, section = ''] = manual.split(`\n## ${title}\n`);
    const [table = ''] = section.split('\n## ');
    const rows = table.split('\n').filter((line) => line.startsWith('| `'));
    const expected = wanted.map(({ name, type, labels, help }) => {
      return `| \`${name}\` | ${type} | ${labels.map((label) => `\`${label}\``).join(' ') || '-'} | ${help} |`;
    });
    expect(rows).toEqual(expected);
  });

  test('speaks of no other metric', () => {
    expect(namesIn(manual).filter((name) => !isExposed(name) && !all.some((metric) => metric.name === name))).toEqual(
      [],
    );
  });
});

describe('the alert rules', () => {
  interface Rules {
    readonly groups: readonly {
      readonly name: string;
      readonly rules: readonly {
        readonly alert: string;
        readonly expr: string;
        readonly labels: { readonly severity: string };
        readonly annotations: { readonly summary: string; readonly description: string };
      }[];
    }[];
  }
  const { groups } = parse(read('packaging/prometheus/netweft-alerts.yml')) as Rules;
  const rules = groups.flatMap((group) => group.rules);

  test('are named once, say what is wrong and what to look at', () => {
    expect(rules.length).toBeGreaterThan(5);
    expect(new Set(rules.map(({ alert }) => alert)).size).toBe(rules.length);
    for (const { alert, labels, annotations } of rules) {
      expect(alert).toMatch(/^Netweft[A-Za-z]+$/);
      expect(['warning', 'critical']).toContain(labels.severity);
      expect([annotations.summary, annotations.description].filter((text) => text.length > 10)).toHaveLength(2);
    }
  });

  test.each(rules.map(({ alert, expr }) => [alert, expr]))('%s speaks of metrics that are exposed', (alert, expr) => {
    expectKnown(expr ?? '');
    if (alert !== 'NetweftMapperDown') expect(namesIn(expr ?? '')).not.toEqual([]);
  });

  test('are read by the example configuration, which scrapes both daemons', () => {
    const configuration = parse(read('packaging/prometheus/netweft.yml')) as {
      readonly rule_files: readonly string[];
      readonly scrape_configs: readonly { readonly job_name: string }[];
    };
    expect(configuration.rule_files).toEqual(['netweft-alerts.yml']);
    expect(configuration.scrape_configs.map(({ job_name: job }) => job)).toEqual(['netweft-mapper', 'netweft-agent']);
  });
});

describe('the board', () => {
  interface Panel {
    readonly id: number;
    readonly type: string;
    readonly title: string;
    readonly gridPos: { readonly h: number; readonly w: number; readonly x: number; readonly y: number };
    readonly targets?: readonly { readonly expr: string; readonly refId: string }[];
  }
  const board = JSON.parse(read('packaging/grafana/netweft.json')) as {
    readonly title: string;
    readonly uid: string;
    readonly schemaVersion: number;
    readonly templating: { readonly list: readonly { readonly name: string; readonly query: string }[] };
    readonly panels: readonly Panel[];
  };
  const graphs = board.panels.filter(({ type }) => type !== 'row');

  test('is a dashboard whose panels do not overlap', () => {
    expect(board).toMatchObject({ title: 'Netweft', uid: 'netweft', schemaVersion: expect.any(Number) });
    expect(new Set(board.panels.map(({ id }) => id)).size).toBe(board.panels.length);
    const taken = new Set<string>();
    for (const { gridPos, title } of board.panels) {
      expect(gridPos.x + gridPos.w, title).toBeLessThanOrEqual(24);
      for (let x = gridPos.x; x < gridPos.x + gridPos.w; x++) {
        for (let y = gridPos.y; y < gridPos.y + gridPos.h; y++) {
          expect(taken.has(`${x}/${y}`), `${title} at ${x}/${y}`).toBe(false);
          taken.add(`${x}/${y}`);
        }
      }
    }
  });

  test.each(graphs.map(({ title, targets = [] }) => [title, targets] as const))(
    '%s: of metrics that are exposed',
    (_, targets) => {
      expect(targets.length).toBeGreaterThan(0);
      for (const { expr } of targets) {
        expect(namesIn(expr)).not.toEqual([]);
        expectKnown(expr);
      }
    },
  );

  test('its variables ask for metrics that are exposed', () => {
    for (const { query } of board.templating.list)
      expect(namesIn(query).filter((name) => !isExposed(name))).toEqual([]);
  });
});
