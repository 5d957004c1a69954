import type { Provider } from '@nestjs/common';
import type { Log } from '@tracer/base';
import { Metrics } from '@tracer/service-kit';
import { IngestQueue, type AtsNames, type SpanQueries, type SpanStore } from '@tracer/storage';
import {
  Database,
  PostgresAtsNames,
  PostgresSpanQueries,
  PostgresSpanStore,
  SpanRetention,
} from '@tracer/storage-postgres';
import { AtsQueries } from './ats/ats-queries.js';
import type { SpanApiConfig } from './config.js';
import { asAvailable } from './http/available.js';
import type { IngestBodyLimits } from './ingest/ingest-limits.js';
import { ingestMetrics } from './ingest/ingest-metrics.js';
import { SpanIngest } from './ingest/span-ingest.js';
import { OtlpIngest } from './otlp/otlp-ingest.js';
import { ZipkinIngest } from './zipkin/zipkin-ingest.js';
import { ZipkinQueries } from './zipkin/zipkin-queries.js';

/** Ports, which are interfaces, need names of their own to be injected. */
export const SPAN_STORE = Symbol('SpanStore');
export const SPAN_QUERIES = Symbol('SpanQueries');
export const ATS_NAMES = Symbol('AtsNames');

const WRITERS = 2;
const FLUSH_SPANS = 20_000;

/** The stores behind the span routes. */
function storeProviders(config: Readonly<SpanApiConfig>): Provider[] {
  return [
    {
      provide: SPAN_STORE,
      inject: [Database],
      useFactory: ({ source }: Database): SpanStore =>
        asAvailable(new PostgresSpanStore(source, { tagKeys: config.autocompleteKeys })),
    },
    {
      provide: SPAN_QUERIES,
      inject: [Database],
      useFactory: ({ source }: Database): SpanQueries => asAvailable(new PostgresSpanQueries(source)),
    },
    {
      provide: ATS_NAMES,
      inject: [Database],
      useFactory: ({ source }: Database): AtsNames => asAvailable(new PostgresAtsNames(source)),
    },
    {
      provide: SpanRetention,
      inject: [Database],
      useFactory: ({ source }: Database) =>
        asAvailable(
          new SpanRetention(source, {
            ...(config.retentionDays > 0 ? { days: config.retentionDays } : {}),
            ...(config.retentionBytes > 0 ? { bytes: config.retentionBytes } : {}),
          }),
        ),
    },
  ];
}

function ingestProviders(config: Readonly<SpanApiConfig>, log: Log): Provider[] {
  const { spanAttributes, spanValueBytes, ingestBodyBytes } = config;
  const limits: IngestBodyLimits = {
    bodyBytes: ingestBodyBytes,
    decode: {
      attributes: spanAttributes,
      events: spanAttributes,
      links: spanAttributes,
      valueBytes: spanValueBytes,
    },
  };
  return [
    {
      provide: IngestQueue,
      inject: [SPAN_STORE],
      useFactory: (store: SpanStore) =>
        new IngestQueue(store, log, {
          queuedSpans: config.ingestQueueSpans,
          flushSpans: FLUSH_SPANS,
          writers: WRITERS,
          retryMs: config.ingestRetryMs,
        }),
    },
    {
      provide: SpanIngest,
      inject: [IngestQueue, ATS_NAMES, Metrics],
      useFactory: (queue: IngestQueue, names: AtsNames, metrics: Metrics) =>
        new SpanIngest(
          queue,
          names,
          config.ingestAck,
          ingestMetrics(metrics, () => queue.counts),
          log,
        ),
    },
    {
      provide: ZipkinIngest,
      inject: [SpanIngest],
      useFactory: (ingest: SpanIngest) => new ZipkinIngest(ingest, limits),
    },
    {
      provide: OtlpIngest,
      inject: [SpanIngest],
      useFactory: (ingest: SpanIngest) => new OtlpIngest(ingest, limits),
    },
  ];
}

function queryProviders(config: Readonly<SpanApiConfig>): Provider[] {
  const match = { strict: config.strictTraceId === 'true' };
  const { autocompleteKeys, queryLookbackMs: lookbackMs, queryLimit: mostTraces } = config;
  return [
    {
      provide: ZipkinQueries,
      inject: [SPAN_STORE],
      useFactory: (store: SpanStore) => new ZipkinQueries(store, { match, autocompleteKeys, lookbackMs, mostTraces }),
    },
    {
      provide: AtsQueries,
      inject: [SPAN_STORE, SPAN_QUERIES, ATS_NAMES],
      useFactory: (store: SpanStore, queries: SpanQueries, names: AtsNames) =>
        new AtsQueries({ store, queries, names }, { match, lookbackMs, emptyStatus: Number(config.atsEmptyStatus) }),
    },
  ];
}

/** Everything behind the routes for spans. */
export function spanProviders(config: Readonly<SpanApiConfig>, log: Log): Provider[] {
  return [...storeProviders(config), ...ingestProviders(config, log), ...queryProviders(config)];
}
