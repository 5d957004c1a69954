import { IntSetting, LISTEN_ADDRESS, ListenConfig, ListSetting, TextSetting } from '@tracer/service-kit';

export class SpanApiConfig extends ListenConfig {
  @TextSetting({ env: 'TRACER_SPAN_API_ADDRESS', flag: 'address', description: 'where to listen', ...LISTEN_ADDRESS })
  address = '127.0.0.1:8263';

  @TextSetting({
    env: 'DATABASE_URL',
    flag: 'database-url',
    pattern: /^postgres(ql)?:\/\//,
    expected: 'a postgres:// URL',
    description: 'PostgreSQL 15 or later that keeps spans, events and runs',
  })
  databaseUrl = 'postgres://tracer@localhost/tracer';

  @TextSetting({
    env: 'TRACER_INGEST_ACK',
    flag: 'ingest-ack',
    oneOf: ['committed', 'queued'],
    description: 'when senders of spans are told that they are taken',
  })
  ingestAck: 'committed' | 'queued' = 'committed';

  @IntSetting({
    env: 'TRACER_INGEST_BODY_BYTES',
    flag: 'ingest-body-bytes',
    min: 1024,
    max: 1 << 30,
    description: 'largest body or gRPC message with spans, also after decompression',
  })
  ingestBodyBytes = 64 << 20;

  @IntSetting({
    env: 'TRACER_INGEST_QUEUE_SPANS',
    flag: 'ingest-queue-spans',
    min: 1,
    max: 100_000_000,
    description: 'spans that may wait to be stored; more are refused with 503',
  })
  ingestQueueSpans = 200_000;

  @IntSetting({
    env: 'TRACER_INGEST_RETRY_MS',
    flag: 'ingest-retry-ms',
    min: 0,
    max: 600_000,
    description: 'how long a failing write of spans or events is tried again before its senders are refused, in ms',
  })
  ingestRetryMs = 5_000;

  @IntSetting({
    env: 'TRACER_SPAN_ATTRIBUTES',
    flag: 'span-attributes',
    min: 1,
    max: 1_000_000,
    description: 'attributes (also events, links) of a span that are kept; the others are dropped and counted',
  })
  spanAttributes = 1024;

  @IntSetting({
    env: 'TRACER_SPAN_VALUE_BYTES',
    flag: 'span-value-bytes',
    min: 128,
    max: 64 << 20,
    description: 'bytes of a name, key or value that are kept; longer ones are cut and counted',
  })
  spanValueBytes = 65_536;

  @TextSetting({
    env: ['TRACER_STRICT_TRACE_ID', 'STRICT_TRACE_ID'],
    flag: 'strict-trace-id',
    oneOf: ['true', 'false'],
    description: 'false: traces are told apart by the lower 64 bits of their ids only',
  })
  strictTraceId: 'true' | 'false' = 'true';

  @ListSetting({
    env: ['TRACER_AUTOCOMPLETE_KEYS', 'AUTOCOMPLETE_KEYS'],
    flag: 'autocomplete-keys',
    description: 'tags whose values are remembered for completion',
  })
  autocompleteKeys: string[] = [];

  @IntSetting({
    env: ['TRACER_QUERY_LOOKBACK_MS', 'QUERY_LOOKBACK'],
    flag: 'query-lookback-ms',
    min: 1,
    max: 3_650 * 86_400_000,
    description: 'how far back searches look that do not say so, and the lists of names always, in ms',
  })
  queryLookbackMs = 86_400_000;

  @IntSetting({
    env: 'TRACER_QUERY_LIMIT',
    flag: 'query-limit',
    min: 1,
    max: 100_000,
    description: 'most traces that one search answers with, whatever it asks for',
  })
  queryLimit = 1_000;

  @ListSetting({
    env: ['TRACER_ALLOWED_ORIGINS', 'ZIPKIN_QUERY_ALLOWED_ORIGINS'],
    flag: 'allowed-origins',
    description: 'web origins that may use the Zipkin, OTLP and perf-tracer routes from a browser, * for all',
  })
  allowedOrigins: string[] = ['*'];

  @TextSetting({
    env: 'TRACER_ATS_EMPTY_STATUS',
    flag: 'ats-empty-status',
    oneOf: ['400', '200'],
    description: 'HTTP status with which ATS says that there is no data',
  })
  atsEmptyStatus: '400' | '200' = '400';

  @IntSetting({
    env: 'TRACER_RETENTION_DAYS',
    flag: 'retention-days',
    min: 0,
    max: 3_650,
    description: 'days of spans that are kept, today not counted; 0 keeps all',
  })
  retentionDays = 0;

  @IntSetting({
    env: 'TRACER_RETENTION_BYTES',
    flag: 'retention-bytes',
    min: 0,
    max: Number.MAX_SAFE_INTEGER,
    description: 'bytes of spans with their indexes that are kept, the oldest days go first; 0 keeps all',
  })
  retentionBytes = 0;

  @IntSetting({
    env: 'TRACER_RETENTION_INTERVAL_MS',
    flag: 'retention-interval-ms',
    min: 1_000,
    max: 86_400_000,
    description: 'how often spans beyond the retention limits are dropped, in ms',
  })
  retentionIntervalMs = 600_000;

  @IntSetting({
    env: 'TRACER_DM_RETENTION_HOURS',
    flag: 'dm-retention-hours',
    min: 0,
    max: 876_000,
    description: 'hours for which replication events are kept; 0 keeps all',
  })
  dmRetentionHours = 0;

  @IntSetting({
    env: 'TRACER_DM_RETENTION_EVENTS',
    flag: 'dm-retention-events',
    min: 0,
    max: Number.MAX_SAFE_INTEGER,
    description: 'replication events that are kept, the oldest go first; 0 keeps all',
  })
  dmRetentionEvents = 10_000_000;

  @IntSetting({
    env: 'TRACER_DM_RETENTION_BYTES',
    flag: 'dm-retention-bytes',
    min: 0,
    max: Number.MAX_SAFE_INTEGER,
    description: 'bytes of replication events, without indexes, that are kept; 0 keeps all',
  })
  dmRetentionBytes = 8 * 2 ** 30;

  @IntSetting({
    env: 'TRACER_RUNS_LIVE',
    flag: 'runs-live',
    min: 1,
    max: 10_000_000,
    description: 'feature runs that may be live; beyond it those that began first are forgotten',
  })
  runsLive = 100_000;

  @IntSetting({
    env: 'TRACER_RUNS_IDLE_HOURS',
    flag: 'runs-idle-hours',
    min: 0,
    max: 876_000,
    description: 'hours after which a live feature run without a step is forgotten; 0 keeps all',
  })
  runsIdleHours = 24;

  @IntSetting({
    env: 'TRACER_RUNS_FINISHED',
    flag: 'runs-finished',
    min: 0,
    max: Number.MAX_SAFE_INTEGER,
    description: 'finished feature runs that are kept, the oldest go first; 0 keeps all',
  })
  runsFinished = 1_000_000;

  @IntSetting({
    env: 'TRACER_RUNS_DAYS',
    flag: 'runs-days',
    min: 0,
    max: 36_500,
    description: 'days for which finished feature runs are kept; 0 keeps all',
  })
  runsDays = 0;

  /** Read before all other settings, by `withDmConfiguration`. */
  @TextSetting({
    env: 'TRACER_DM_CONFIG',
    flag: 'config',
    description: 'dm-tracer.toml of the published DM tracer, for its address and log level',
  })
  dmConfig?: string;
}
