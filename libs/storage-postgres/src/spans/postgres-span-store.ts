import type { DependencyLink, Span } from '@tracer/span-model';
import type { SpanBatch, SpanStore, Tenant, TraceIdMatch, TraceQuery } from '@tracer/storage';
import type { DataSource } from 'typeorm';
import { LinkReader } from './link-reader.js';
import { SpanNames } from './span-names.js';
import { SpanOrigins } from './span-origins.js';
import { SpanPartitions } from './span-partitions.js';
import { SpanReader } from './span-reader.js';
import { SpanWriter } from './span-writer.js';

export interface SpanStoreOptions {
  /** Tags whose values are remembered for completion. */
  readonly tagKeys?: readonly string[];
}

/** Spans in PostgreSQL: written by COPY, found by index, each kept as a lossless record. */
export class PostgresSpanStore implements SpanStore {
  readonly #names: SpanNames;
  readonly #writer: SpanWriter;
  readonly #reader: SpanReader;
  readonly #links: LinkReader;

  constructor(source: DataSource, { tagKeys = [] }: SpanStoreOptions = {}) {
    const origins = new SpanOrigins(source);
    this.#names = new SpanNames(source, tagKeys);
    this.#writer = new SpanWriter(source, new SpanPartitions(source), this.#names, origins);
    this.#reader = new SpanReader(source, origins);
    this.#links = new LinkReader(source);
  }

  insert(batches: readonly SpanBatch[]): Promise<void> {
    return this.#writer.insert(batches);
  }

  async trace(tenant: Tenant, traceId: string, match: TraceIdMatch): Promise<Span[]> {
    return (await this.#reader.traces(tenant, [traceId], match))[0] ?? [];
  }

  traces(tenant: Tenant, traceIds: readonly string[], match: TraceIdMatch): Promise<Span[][]> {
    return this.#reader.traces(tenant, traceIds, match);
  }

  search(tenant: Tenant, query: TraceQuery, match: TraceIdMatch): Promise<Span[][]> {
    return this.#reader.search(tenant, query, match);
  }

  serviceNames(tenant: Tenant, sinceUs: number): Promise<string[]> {
    return this.#names.read(tenant, 'service', undefined, sinceUs);
  }

  spanNames(tenant: Tenant, serviceName: string, sinceUs: number): Promise<string[]> {
    return this.#names.read(tenant, 'span', serviceName, sinceUs);
  }

  remoteServiceNames(tenant: Tenant, serviceName: string, sinceUs: number): Promise<string[]> {
    return this.#names.read(tenant, 'remote', serviceName, sinceUs);
  }

  tagValues(tenant: Tenant, key: string, sinceUs: number): Promise<string[]> {
    return this.#names.read(tenant, `tag:${key}`, undefined, sinceUs);
  }

  dependencies(tenant: Tenant, fromUs: number, toUs: number): Promise<DependencyLink[]> {
    return this.#links.dependencies(tenant, fromUs, toUs);
  }
}
