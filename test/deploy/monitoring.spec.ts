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

  it('leave out none of the metrics of our own, but those that are about a single setting or file', () => {
    const shown = new Set(expressions.flatMap((expr) => metricsIn(expr, families)));
    const own = [...families.keys()].filter((name) => name.startsWith('tracer_'));
    expect(own.filter((name) => !shown.has(name)).sort()).toEqual([
      'tracer_dm_evicted',
      'tracer_index_events',
      'tracer_index_ignored_entries',
      'tracer_limited_clients',
      'tracer_runs_expired',
      'tracer_stored_span_days',
      'tracer_streams_cut',
      'tracer_trust_reloads_total',
    ]);
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
