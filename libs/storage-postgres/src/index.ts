export { Database } from './database.js';
export { readEventAndRunFigures, type StoredFigures } from './stored-figures.js';
export { PostgresAtsNames } from './spans/postgres-ats-names.js';
export { PostgresSpanQueries } from './spans/postgres-span-queries.js';
export { PostgresSpanStore, type SpanStoreOptions } from './spans/postgres-span-store.js';
export { SpanRetention, type RetentionLimits, type StoredDay } from './spans/span-retention.js';
export { PostgresDmEventStore } from './dm/postgres-dm-event-store.js';
export { PostgresRunStore } from './runs/postgres-run-store.js';
export { PostgresTraceReads } from './spans/postgres-trace-reads.js';
