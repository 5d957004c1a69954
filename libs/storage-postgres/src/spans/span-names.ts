import type { Endpoint, Span } from '@tracer/span-model';
import type { Tenant } from '@tracer/storage';
import { MoreThanOrEqual, type DataSource, type EntityManager } from 'typeorm';
import { SpanNameEntity, type SpanNameKind } from '../entities/span-name.entity.js';
import type { PlacedBatch } from './placed-batch.js';

const HOUR_US = 3_600_000_000;
/** Keys remembered as written; past this the set starts anew, which costs a few needless upserts. */
const REMEMBERED = 100_000;

interface NameRow {
  readonly tenant: Tenant;
  readonly kind: SpanNameKind;
  readonly service: string;
  readonly value: string;
  readonly lastUs: bigint;
}

type Name = Pick<NameRow, 'kind' | 'service' | 'value'>;
const NO_NAMES: readonly Name[] = [];

/**
 * The names behind the lists of services, operations and tag values. A name is written when it is first seen in an hour,
 * so that ingest pays for new names only.
 */
export class SpanNames {
  readonly #written = new Map<string, bigint>();

  constructor(
    private readonly source: DataSource,
    private readonly tagKeys: readonly string[],
  ) {}

  /** Names of these spans that are not known to be written; pass them to `write` within the transaction of the spans. */
  unwritten(placed: readonly PlacedBatch[]): NameRow[] {
    const rows = new Map<string, NameRow>();
    for (const { batch, atUs, remotes } of placed) {
      const repeats = new Repeats();
      batch.spans.forEach((span, at) => {
        const hour = Math.floor((atUs[at] ?? 0) / HOUR_US) + 1;
        const remote = remotes[at];
        this.#note(rows, batch.tenant, hour, this.#tagsOf(span));
        if (!repeats.has(span, remote, hour)) this.#note(rows, batch.tenant, hour, namesOf(span, remote));
      });
    }
    return [...rows.values()];
  }

  async write(rows: readonly NameRow[], transaction: EntityManager): Promise<void> {
    if (rows.length === 0) return;
    // One order for all writers, so that two of them cannot wait for each other.
    const sorted = [...rows].sort((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1));
    await transaction.query(
      `INSERT INTO span_name (tenant, kind, service, value, last_us)
       SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::bigint[])
       ON CONFLICT (tenant, kind, service, value)
       DO UPDATE SET last_us = greatest(span_name.last_us, excluded.last_us)`,
      [
        sorted.map(({ tenant }) => tenant),
        sorted.map(({ kind }) => kind),
        sorted.map(({ service }) => service),
        sorted.map(({ value }) => value),
        sorted.map(({ lastUs }) => String(lastUs)),
      ],
    );
  }

  /** To be called when the transaction is committed. */
  remember(rows: readonly NameRow[]): void {
    if (this.#written.size > REMEMBERED) this.#written.clear();
    for (const row of rows) this.#written.set(keyOf(row), row.lastUs);
  }

  async read(tenant: Tenant, kind: SpanNameKind, service: string | undefined, sinceUs: number): Promise<string[]> {
    const rows = await this.source.getRepository(SpanNameEntity).find({
      select: { value: true },
      where: { tenant, kind, ...(service === undefined ? {} : { service }), lastUs: MoreThanOrEqual(String(sinceUs)) },
      order: { value: 'ASC' },
    });
    // The database sorts by its locale, clients expect the order of code units.
    return [...new Set(rows.map(({ value }) => value))].sort();
  }

  #note(rows: Map<string, NameRow>, tenant: Tenant, hour: number, names: readonly Name[]): void {
    const lastUs = BigInt(hour) * BigInt(HOUR_US);
    for (const name of names) {
      const row = { ...name, tenant, lastUs };
      const key = keyOf(row);
      if ((rows.get(key)?.lastUs ?? this.#written.get(key) ?? -1n) < lastUs) rows.set(key, row);
    }
  }

  #tagsOf({ attributes }: Span): readonly Name[] {
    if (this.tagKeys.length === 0) return NO_NAMES;
    return this.tagKeys.flatMap((key) => {
      const value = attributes.text(key);
      return value === undefined ? [] : [{ kind: `tag:${key}` as const, service: '', value: clean(value) }];
    });
  }
}

function namesOf(span: Span, remote: string | undefined): Name[] {
  const service = clean(span.localServiceName ?? '');
  if (service === '') return [];
  const names: Name[] = [{ kind: 'service', service: '', value: service }];
  if (span.lowerName !== undefined) names.push({ kind: 'span', service, value: clean(span.lowerName) });
  if (remote !== undefined) names.push({ kind: 'remote', service, value: clean(remote) });
  return names;
}

/** Tells spans that bring no new names: most are as one before them, and that is cheaper to see than to find the names. */
class Repeats {
  readonly #seen = new Map<Endpoint, Map<string, { readonly remote: string | undefined; readonly hour: number }>>();

  has({ localEndpoint, name }: Span, remote: string | undefined, hour: number): boolean {
    if (localEndpoint === undefined) return true;
    const names = this.#seen.get(localEndpoint) ?? new Map<string, { remote: string | undefined; hour: number }>();
    const last = names.get(name);
    if (last?.remote === remote && last?.hour === hour) return true;
    names.set(name, { remote, hour });
    this.#seen.set(localEndpoint, names);
    return false;
  }
}

function keyOf({ tenant, kind, service, value }: NameRow): string {
  return `${tenant}\0${kind}\0${service}\0${value}`;
}

/** PostgreSQL has no NUL in text; index entries have a limit of about 2700 bytes. */
function clean(name: string): string {
  return name.slice(0, 512).replaceAll('\0', '\ufffd');
}
