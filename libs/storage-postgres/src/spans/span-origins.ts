import { createHash } from 'node:crypto';
import {
  decodeResourceRecord,
  decodeScopeRecord,
  encodeResourceRecord,
  encodeScopeRecord,
  Resource,
  Scope,
  type Span,
} from '@tracer/span-model';
import type { SpanBatch } from '@tracer/storage';
import type { DataSource, EntityManager } from 'typeorm';

/** Origins remembered as written or read; past this the memory starts anew. */
const REMEMBERED = 20_000;
const ID_BYTES = 16;

/** What recorded a span: a resource and a scope. */
export interface Origin {
  readonly resource: Resource;
  readonly scope: Scope;
}

interface OriginRow {
  readonly id: Buffer;
  readonly resource: Buffer;
  readonly scope: Buffer;
}

/** Of one insert: the id of each span's origin, and the rows of those that are not known to be stored. */
export interface OriginsOfInsert {
  /** Undefined for spans that say nothing about their origin. */
  idOf(span: Span): Buffer | undefined;
  readonly unwritten: readonly OriginRow[];
}

const NO_ORIGIN: Origin = { resource: Resource.none, scope: Scope.none };

/**
 * Resources and scopes, stored once and named by their content: a process sends thousands of spans with the same few
 * hundred bytes of resource attributes.
 */
export class SpanOrigins {
  readonly #written = new Set<string>();
  readonly #read = new Map<string, Origin>();

  constructor(private readonly source: DataSource) {}

  collect(batches: readonly SpanBatch[]): OriginsOfInsert {
    // Decoders make one object for all spans of a resource, so that identity is enough to find repeats.
    const ids = new Map<Resource, Map<Scope, Buffer>>();
    const unwritten: OriginRow[] = [];
    const idOf = ({ resource, scope }: Span): Buffer | undefined => {
      if (resource === Resource.none && scope === Scope.none) return undefined;
      const known = ids.get(resource)?.get(scope);
      if (known !== undefined) return known;
      const row = rowOf({ resource, scope });
      const scopes = ids.get(resource) ?? new Map<Scope, Buffer>();
      ids.set(resource, scopes.set(scope, row.id));
      if (!this.#written.has(keyOf(row.id))) unwritten.push(row);
      return row.id;
    };
    for (const { spans } of batches) for (const span of spans) idOf(span);
    return { idOf, unwritten };
  }

  async write(rows: readonly OriginRow[], transaction: EntityManager): Promise<void> {
    if (rows.length === 0) return;
    // One order for all writers, so that two of them cannot wait for each other.
    const sorted = [...rows].sort((a, b) => a.id.compare(b.id));
    await transaction.query(
      `INSERT INTO span_origin (id, resource, scope) SELECT * FROM unnest($1::bytea[], $2::bytea[], $3::bytea[])
       ON CONFLICT (id) DO NOTHING`,
      [sorted.map(({ id }) => id), sorted.map(({ resource }) => resource), sorted.map(({ scope }) => scope)],
    );
  }

  /** To be called when the transaction is committed. */
  remember(rows: readonly OriginRow[]): void {
    if (this.#written.size > REMEMBERED) this.#written.clear();
    for (const { id } of rows) this.#written.add(keyOf(id));
  }

  /** Origins by the key of their id; reads those that are not in memory. */
  async load(ids: readonly (Buffer | null)[]): Promise<(id: Buffer | null) => Origin> {
    const missing = new Map<string, Buffer>();
    for (const id of ids) if (id !== null && !this.#read.has(keyOf(id))) missing.set(keyOf(id), id);
    if (this.#read.size + missing.size > REMEMBERED) this.#read.clear();
    if (missing.size > 0) {
      const rows = await this.source.query<OriginRow[]>(
        'SELECT id, resource, scope FROM span_origin WHERE id = ANY ($1::bytea[])',
        [[...missing.values()]],
      );
      for (const { id, resource, scope } of rows)
        this.#read.set(keyOf(id), { resource: decodeResourceRecord(resource), scope: decodeScopeRecord(scope) });
    }
    return (id) => (id === null ? undefined : this.#read.get(keyOf(id))) ?? NO_ORIGIN;
  }
}

function rowOf({ resource, scope }: Origin): OriginRow {
  const [resourceBytes, scopeBytes] = [encodeResourceRecord(resource), encodeScopeRecord(scope)];
  const hash = createHash('sha256').update(`${resourceBytes.length}:`).update(resourceBytes).update(scopeBytes);
  return { id: hash.digest().subarray(0, ID_BYTES), resource: resourceBytes, scope: scopeBytes };
}

const keyOf = (id: Buffer): string => id.toString('latin1');
