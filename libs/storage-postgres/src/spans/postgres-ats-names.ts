import {
  atsNameKey,
  atsNamesOf,
  type AtsName,
  type AtsNameFilter,
  type AtsNames,
  type SpanBatch,
} from '@tracer/storage';
import type { DataSource } from 'typeorm';

/** Keys remembered as written; past this the set starts anew, which costs a few needless upserts. */
const REMEMBERED = 100_000;

/** The lists of ATS in a table of their own; a name is written when it is first seen in an hour. */
export class PostgresAtsNames implements AtsNames {
  readonly #written = new Map<string, bigint>();

  constructor(private readonly source: DataSource) {}

  async record(batch: SpanBatch): Promise<void> {
    const names = atsNamesOf(batch, BigInt(Date.now()) * 1000n).map((name) => ({ name, key: atsNameKey(name) }));
    const fresh = names.filter(({ name, key }) => (this.#written.get(key) ?? -1n) < name.lastUs);
    if (fresh.length === 0) return;
    // One order for all writers, so that two of them cannot wait for each other.
    fresh.sort((a, b) => (a.key < b.key ? -1 : 1));
    await this.#upsert(fresh.map(({ name }) => name));
    if (this.#written.size > REMEMBERED) this.#written.clear();
    for (const { name, key } of fresh) this.#written.set(key, name.lastUs);
  }

  monitorGroups(filter: AtsNameFilter): Promise<string[]> {
    return this.#list('monitor_group', filter, []);
  }

  applications(filter: AtsNameFilter): Promise<string[]> {
    return this.#list('value', filter, [['kind', 'application']]);
  }

  names(kind: 'instance' | 'transaction', application: string, filter: AtsNameFilter): Promise<string[]> {
    const wanted = [
      ['kind', kind],
      ['application', application],
    ] as const;
    return this.#list('value', filter, wanted);
  }

  /** `column` and the names of `equal` are ours; values travel as parameters. */
  async #list(
    column: 'value' | 'monitor_group',
    { tenant, sinceUs, monitorGroup, clusterId, namespace }: AtsNameFilter,
    equal: readonly (readonly [column: string, value: string])[],
  ): Promise<string[]> {
    const optional = [
      ['monitor_group', monitorGroup],
      ['cluster_id', clusterId],
      ['namespace', namespace],
    ] as const;
    const given = [...equal, ...optional].filter((pair): pair is readonly [string, string] => pair[1] !== undefined);
    // '' stands for a sender that named no place.
    const conditions = given.map(([name], at) => `AND ${name} IN ($${at + 3}, '')`).join(' ');
    const rows = await this.source.query<{ value: string }[]>(
      `SELECT DISTINCT ${column} AS value FROM ats_name WHERE tenant = $1 AND last_us >= $2 ${conditions}`,
      [tenant, String(sinceUs), ...given.map(([, value]) => value.replaceAll('\0', '\ufffd'))],
    );
    return rows.map(({ value }) => value).sort();
  }

  async #upsert(names: readonly AtsName[]): Promise<void> {
    await this.source.query(
      `INSERT INTO ats_name (tenant, kind, application, value, monitor_group, cluster_id, namespace, last_us)
       SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::bigint[])
       ON CONFLICT (tenant, kind, application, value, monitor_group, cluster_id, namespace)
       DO UPDATE SET last_us = greatest(ats_name.last_us, excluded.last_us)`,
      [
        names.map(({ tenant }) => tenant),
        names.map(({ kind }) => kind),
        names.map(({ application }) => application),
        names.map(({ value }) => value),
        names.map(({ monitorGroup }) => monitorGroup),
        names.map(({ clusterId }) => clusterId),
        names.map(({ namespace }) => namespace),
        names.map(({ lastUs }) => String(lastUs)),
      ],
    );
  }
}
