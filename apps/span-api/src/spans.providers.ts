import type { Provider, Type } from '@nestjs/common';
import type { Log } from '@tracer/base';
import { Metrics } from '@tracer/service-kit';
import { IngestQueue, type AtsNames, type SpanQueries, type SpanStore, type TraceReads } from '@tracer/storage';
import {
  Database,
  PostgresAtsNames,
  PostgresSpanQueries,
  PostgresSpanStore,
  PostgresTraceReads,
  SpanRetention,
} from '@tracer/storage-postgres';
import { AtsController } from './ats/ats.controller.js';
import { AtsQueries } from './ats/ats-queries.js';
import type { SpanApiConfig } from './config.js';
import { DmTraceSource } from './dm/dm-trace-source.js';
import { GrpcServer } from './grpc/grpc-server.js';
import { SpanServices } from './grpc/span-services.js';
import { asAvailable } from './http/available.js';
import type { IngestBodyLimits } from './ingest/ingest-limits.js';
import { ingestMetrics } from './ingest/ingest-metrics.js';
import { SpanIngest } from './ingest/span-ingest.js';
import { JaegerController } from './jaeger/jaeger.controller.js';
import { JaegerQueries } from './jaeger/jaeger-queries.js';
import { OtlpController } from './otlp/otlp.controller.js';
import { OtlpIngest } from './otlp/otlp-ingest.js';
import { RunTraceSource } from './perf-tracer/run-trace-source.js';
import { RetentionController } from './retention/retention.controller.js';
import { RetentionJob } from './retention/retention-job.js';
import { retentionMetrics } from './retention/retention-metrics.js';
import { RetentionService } from './retention/retention.service.js';
import { SpanLifecycle } from './spans.lifecycle.js';
import { withFurtherTraceReads, withFurtherTraces, type TraceSource } from './traces/further-traces.js';
import { ServiceFigures } from './traces/operations.js';
import { SpanSearch } from './traces/span-search.js';
import { TraceExport } from './traces/trace-export.js';
import { TraceView } from './traces/trace-view.js';
import { TracesController } from './traces/traces.controller.js';
import { ZipkinV1IngestController, ZipkinV2IngestController } from './zipkin/zipkin-ingest.controller.js';
import { ZipkinQueriesController } from './zipkin/zipkin-queries.controller.js';
import { ZIPKIN_UI_CONFIG, ZipkinInfoController, zipkinUiConfig } from './zipkin/zipkin-info.controller.js';
import { ZipkinIngest } from './zipkin/zipkin-ingest.js';
import { ZipkinQueries } from './zipkin/zipkin-queries.js';

/** All routes for spans; the narrower ones first. */
export const SPAN_CONTROLLERS: readonly Type[] = [
  ZipkinV2IngestController,
  ZipkinV1IngestController,
  ZipkinQueriesController,
  ZipkinInfoController,
  OtlpController,
  TracesController,
  JaegerController,
  RetentionController,
  AtsController,
];

/** Ports, which are interfaces, need names of their own to be injected. */
export const SPAN_STORE = Symbol('SpanStore');
export const SPAN_QUERIES = Symbol('SpanQueries');
export const TRACE_READS = Symbol('TraceReads');
export const ATS_NAMES = Symbol('AtsNames');

const WRITERS = 2;
const FLUSH_SPANS = 20_000;

/** The stores behind the span routes. */
function storeProviders(config: Readonly<SpanApiConfig>): Provider[] {
  return [
    {
      provide: SPAN_STORE,
      inject: [Database, DmTraceSource, RunTraceSource],
      useFactory: ({ source }: Database, ...further: TraceSource[]): SpanStore => {
        const spans = new PostgresSpanStore(source, { tagKeys: config.autocompleteKeys });
        return withFurtherTraces(asAvailable(spans), further);
      },
    },
    {
      provide: SPAN_QUERIES,
      inject: [Database],
      useFactory: ({ source }: Database): SpanQueries => asAvailable(new PostgresSpanQueries(source)),
    },
    {
      provide: TRACE_READS,
      inject: [Database, DmTraceSource, RunTraceSource],
      useFactory: ({ source }: Database, ...further: TraceSource[]): TraceReads =>
        withFurtherTraceReads(asAvailable(new PostgresTraceReads(source)), further),
    },
    {
      provide: ATS_NAMES,
      inject: [Database],
      useFactory: ({ source }: Database): AtsNames => asAvailable(new PostgresAtsNames(source)),
    },
  ];
}

function retentionProviders(config: Readonly<SpanApiConfig>, log: Log): Provider[] {
  const { retentionDays, retentionBytes, retentionIntervalMs } = config;
  const limits = {
    ...(retentionDays > 0 ? { days: retentionDays } : {}),
    ...(retentionBytes > 0 ? { bytes: retentionBytes } : {}),
  };
  return [
    {
      provide: RetentionJob,
      inject: [Database, Metrics],
      useFactory: ({ source }: Database, metrics: Metrics) => {
        const retention = asAvailable(new SpanRetention(source, limits));
        return new RetentionJob(retention, limits, retentionIntervalMs, retentionMetrics(metrics), log);
      },
    },
    {
      provide: RetentionService,
      inject: [RetentionJob],
      useFactory: (job: RetentionJob) => new RetentionService(job),
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
    {
      provide: SpanServices,
      inject: [OtlpIngest, ZipkinIngest],
      useFactory: (otlp: OtlpIngest, zipkin: ZipkinIngest) => new SpanServices(otlp, zipkin, log),
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
    { provide: ZIPKIN_UI_CONFIG, useValue: zipkinUiConfig(lookbackMs) },
    {
      provide: JaegerQueries,
      inject: [SPAN_STORE],
      useFactory: (store: SpanStore) => new JaegerQueries(store, { match, lookbackMs, mostTraces }),
    },
    {
      provide: TraceView,
      inject: [SPAN_STORE, TRACE_READS],
      useFactory: (store: SpanStore, reads: TraceReads) => new TraceView(store, reads, match),
    },
    {
      provide: TraceExport,
      inject: [TRACE_READS],
      useFactory: (reads: TraceReads) => new TraceExport(reads, match),
    },
    {
      provide: SpanSearch,
      inject: [SPAN_STORE, SPAN_QUERIES],
      useFactory: (store: SpanStore, queries: SpanQueries) => new SpanSearch(store, queries),
    },
    {
      provide: ServiceFigures,
      inject: [SPAN_STORE, SPAN_QUERIES],
      useFactory: (store: SpanStore, queries: SpanQueries) => new ServiceFigures(store, queries, lookbackMs),
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
  return [
    ...storeProviders(config),
    ...ingestProviders(config, log),
    ...queryProviders(config),
    ...retentionProviders(config, log),
    {
      provide: SpanLifecycle,
      inject: [GrpcServer, SpanServices, RetentionJob, IngestQueue],
      useFactory: (grpc: GrpcServer, services: SpanServices, job: RetentionJob, queue: IngestQueue) =>
        new SpanLifecycle(grpc, services, job, queue),
    },
  ];
}
