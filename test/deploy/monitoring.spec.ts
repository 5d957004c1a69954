import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { load } from 'js-yaml';
import { kustomize } from './fixtures/kustomize.js';
import { metricFamilies, type MetricFamilies } from './fixtures/metrics.js';

interface Panel {
  readonly id: number;
  readonly title: string;
  readonly type: string;
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number };
  readonly targets?: readonly { readonly expr: string }[];
  readonly fieldConfig?: { readonly defaults: { readonly unit?: string } };
}

interface Alert {
  readonly alert: string;
  readonly expr: string;
  readonly labels: { readonly severity: string };
  readonly annotations: { readonly summary: string; readonly description: string };
}

const dashboard = JSON.parse(readFileSync('deploy/grafana/tracer.json', 'utf8')) as { panels: readonly Panel[] };
const alerts = load(readFileSync('deploy/prometheus/alerts.yml', 'utf8')) as {
  groups: readonly { readonly name: string; readonly rules: readonly Alert[] }[];
};
const rules = alerts.groups.flatMap((group) => group.rules);
const expressions = [...dashboard.panels.flatMap(({ targets = [] }) => targets), ...rules].map(({ expr }) => expr);

/** About a single setting, client or file: looked up when it is asked for. */
const LEFT_OUT = [
  'tracer_dm_evicted',
  'tracer_index_events',
  'tracer_index_ignored_entries',
  'tracer_limited_clients',
  'tracer_runs_expired',
  'tracer_stored_span_days',
  'tracer_streams_cut',
  'tracer_trust_reloads_total',
];
/** What Prometheus adds to every sample. */
const FROM_PROMETHEUS = ['job', 'instance', 'service', 'node'];
/** Labels of samples that there are only once something has gone wrong, or with a database. */
const SEEN_LATER = ['tracer_http_request_seconds{status="5xx"}', 'tracer_dm_kept{what="bytes"}'];

/** Every `{label="value"}` of an expression with its family. */
function matchersIn(
  expression: string,
  families: MetricFamilies,
): { family: string; label: string; values: string[] }[] {
  return [...expression.matchAll(/\b(\w+)\{([^}]*)\}/g)].flatMap(([, name = '', matchers = '']) => {
    const [family = name] = metricsIn(name, families);
    return [...matchers.matchAll(/(\w+)(?:=~|!~|!=|=)"([^"]*)"/g)].map(([, label = '', values = '']) => ({
      ...{ family, label, values: values.split('|') },
    }));
  });
}

/** The unit of what an expression shows, by the names that Prometheus gives to metrics. */
function unitOf(expression: string): readonly string[] {
  const isRate = expression.includes('rate(');
  if (/_bytes(_total)?\b|what="bytes"/.test(expression)) return isRate ? ['Bps'] : ['bytes'];
  if (/histogram_quantile|_lag_p99_seconds|_age_seconds/.test(expression)) return ['s'];
  // Seconds of a processor in each second.
  if (expression.includes('_cpu_seconds_total')) return ['short'];
  return isRate ? ['ops', 'reqps'] : ['short'];
}

/** Names of metrics in an expression; what belongs to a histogram without its ending. */
function metricsIn(expression: string, families: MetricFamilies): string[] {
  return [...expression.matchAll(/\b(?:tracer|process|nodejs)_\w+/g)].map(([name]) => {
    const family = name.replace(/_(bucket|count|sum)$/, '');
    return families.get(family)?.type === 'histogram' ? family : name;
  });
}

describe('dashboard and alerts', () => {
  let families: MetricFamilies;
  beforeAll(async () => {
    families = await metricFamilies();
  }, 120_000);

  it('ask only for metrics that the apps have', () => {
    const unknown = expressions.flatMap((expr) => metricsIn(expr, families).filter((name) => !families.has(name)));
    expect(unknown).toEqual([]);
    expect(expressions.every((expr) => metricsIn(expr, families).length > 0 || expr.startsWith('up{'))).toBe(true);
  });

  it('leave out none of the metrics of our own, but those that are about a single setting, client or file', () => {
    const shown = new Set(expressions.flatMap((expr) => metricsIn(expr, families)));
    const own = [...families.keys()].filter((name) => name.startsWith('tracer_'));
    expect(own.filter((name) => !shown.has(name) && !LEFT_OUT.includes(name))).toEqual([]);
  });

  it('ask for labels that the metrics have, with values that occur', () => {
    const unknown = expressions
      .flatMap((expr) => matchersIn(expr, families))
      .filter(({ label }) => !FROM_PROMETHEUS.includes(label))
      .flatMap(({ family, label, values }) =>
        values
          .filter((value) => !families.get(family)?.labels.get(label)?.has(value))
          .map((value) => `${family}{${label}="${value}"}`),
      );
    expect(unknown.filter((text) => !SEEN_LATER.includes(text))).toEqual([]);
  });

  it('show each figure in its unit', () => {
    const shown = dashboard.panels.flatMap(({ title, targets = [], fieldConfig }) =>
      targets.map(({ expr }) => ({ title, expr, unit: fieldConfig?.defaults.unit ?? '' })),
    );
    expect(shown.filter(({ expr, unit }) => !unitOf(expr).includes(unit))).toEqual([]);
  });

  it('collect from the ports that compose publishes, as jobs that the alerts know', () => {
    const { scrape_configs } = load(readFileSync('deploy/prometheus/prometheus.yml', 'utf8')) as {
      scrape_configs: readonly { job_name: string; static_configs: readonly { targets: readonly string[] }[] }[];
    };
    const jobs = scrape_configs.map(({ job_name }) => job_name);
    expect(jobs.length).toBeGreaterThan(0);
    const [, known = ''] = /up\{job=~"([^"]*)"/.exec(rules.map(({ expr }) => expr).join('\n')) ?? [];
    for (const job of jobs) expect(job).toMatch(new RegExp(`^(${known})$`));
    const published = [...readFileSync('docker-compose.yml', 'utf8').matchAll(/:(\d+):\d+'/g)].map(([, port]) => port);
    for (const { static_configs } of scrape_configs)
      for (const target of static_configs.flatMap(({ targets }) => targets))
        expect(published).toContain(target.split(':')[1]);
  });

  it('have a line each in the manual that says what to do', () => {
    const manual = readFileSync('docs/operations.md', 'utf8');
    for (const { alert } of rules) expect(manual).toMatch(new RegExp(`^\\| .*\`${alert}\`.* \\| .{20,} \\|$`, 'm'));
    for (const [, name] of manual.matchAll(/`(Tracer[A-Z]\w+)`/g))
      expect(rules.map(({ alert }) => alert)).toContain(name);
  });

  it('have panels of their own, none above another', () => {
    const ids = dashboard.panels.map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
    const cells = dashboard.panels.flatMap(({ gridPos: { x, y, w, h } }) =>
      Array.from({ length: w * h }, (_, at) => `${x + (at % w)},${y + Math.floor(at / w)}`),
    );
    expect(new Set(cells).size).toBe(cells.length);
    expect(Math.max(...dashboard.panels.map(({ gridPos: { x, w } }) => x + w))).toBe(24);
  });

  it('say what an alert means and what to do', () => {
    for (const { alert, labels, annotations } of rules) {
      expect(alert).toMatch(/^Tracer[A-Z]/);
      expect(labels.severity).toMatch(/^(warning|critical)$/);
      expect(annotations.summary.length).toBeGreaterThan(10);
      expect(annotations.description.length).toBeGreaterThan(20);
    }
  });

  it('alert in a cluster as elsewhere', () => {
    const rule = kustomize('deploy/k8s/overlays/production').find(({ kind }) => kind === 'PrometheusRule');
    expect(rule?.spec).toEqual(alerts);
  });
});
