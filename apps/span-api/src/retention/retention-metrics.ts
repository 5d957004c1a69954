import type { Metrics } from '@tracer/service-kit';
import { Counter, Gauge } from 'prom-client';
import type { RetentionFigures } from './retention-job.js';

export function retentionMetrics({ registry }: Metrics): RetentionFigures {
  const bytes = new Gauge({
    name: 'tracer_stored_span_bytes',
    help: 'Bytes of all spans with their indexes, as of the last run of retention',
    registers: [registry],
  });
  const days = new Gauge({
    name: 'tracer_stored_span_days',
    help: 'Days that have spans, as of the last run of retention',
    registers: [registry],
  });
  const dropped = new Counter({
    name: 'tracer_retention_dropped_bytes_total',
    help: 'Bytes of the days that retention dropped, by reason',
    labelNames: ['reason'],
    registers: [registry],
  });
  const failures = new Counter({
    name: 'tracer_retention_failures_total',
    help: 'Runs of retention that failed',
    registers: [registry],
  });
  return {
    stored: (all) => {
      bytes.set(all.reduce((sum, day) => sum + day.bytes, 0));
      days.set(all.filter(({ day }) => day !== undefined).length);
    },
    dropped: (gone) => {
      for (const day of gone) dropped.inc({ reason: day.purge ?? 'age' }, day.bytes);
    },
    failed: () => {
      failures.inc();
    },
  };
}
