import type { Metrics } from '@tracer/service-kit';
import type { IngestCounts } from '@tracer/storage';
import { Counter, Gauge } from 'prom-client';
import type { IngestFigures } from './span-ingest.js';

/** Registers the figures of ingest; `counts` is read when metrics are. */
export function ingestMetrics({ registry }: Metrics, counts: () => IngestCounts): IngestFigures {
  const received = new Counter({
    name: 'tracer_spans_received_total',
    help: 'Spans that were decoded, by format',
    labelNames: ['format'],
    registers: [registry],
  });
  const rejected = new Counter({
    name: 'tracer_spans_rejected_total',
    help: 'Spans that were refused one by one within a body that was taken',
    labelNames: ['format'],
    registers: [registry],
  });
  const lost = new Counter({
    name: 'tracer_span_parts_lost_total',
    help: 'Parts of spans beyond the limits: attributes, events, links dropped, values cut, keys repeated',
    labelNames: ['part'],
    registers: [registry],
  });
  const queue = new Gauge({
    name: 'tracer_ingest_spans',
    help: 'Spans in the ingest queue, and stored, refused and given up since the start',
    labelNames: ['state'],
    registers: [registry],
    collect: () => {
      for (const [state, spans] of Object.entries(counts())) queue.set({ state }, spans as number);
    },
  });
  return {
    received: (format, spans) => {
      received.inc({ format }, spans);
    },
    rejected: (format, spans) => {
      rejected.inc({ format }, spans);
    },
    lost: (part, count) => {
      lost.inc({ part }, count);
    },
  };
}
