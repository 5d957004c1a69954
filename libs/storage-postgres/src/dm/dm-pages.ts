import { TracerError } from '@tracer/base';
import type { DataSource } from 'typeorm';
import { DM_READ_COLUMNS, type DmEventRow } from './dm-rows.js';

/** Bytes of events that are held at a time; one event more may begin below. */
export const PAGE_BYTES = 4 << 20;
const SEARCH_DEADLINE_MS = 10_000;
const QUERY_CANCELED = '57014';

/**
 * The first rows of a selection, as many as fit a page. `octet_length` of a stored value needs no look at the value, so
 * events that do not fit are not read.
 */
export function boundedPage(select: string, order: string, limit: number, bytes = PAGE_BYTES): string {
  return `
    SELECT ${DM_READ_COLUMNS} FROM (
      SELECT *, sum(octet_length(wire)) OVER (ORDER BY ${order}) - octet_length(wire) AS before
      FROM (${select} ORDER BY ${order} LIMIT ${limit}) first) sized
    WHERE before < ${bytes} ORDER BY ${order}`;
}

export function bytesOf(rows: readonly DmEventRow[]): number {
  return rows.reduce((sum, { wire }) => sum + wire.length, 0);
}

/** Ids of the sources that a filter names; undefined when it names none. */
export async function sourceIds(
  database: DataSource,
  source: string | undefined,
  task: string | undefined,
): Promise<number[] | undefined> {
  if (source === undefined && task === undefined) return undefined;
  // Not a text for PostgreSQL, and never part of a source.
  if (source?.includes('\0') || task?.includes('\0')) return [];
  const rows = await database.query<{ id: number }[]>(
    'SELECT id FROM dm_source WHERE source = coalesce($1, source) AND task = coalesce($2, task)',
    [source, task],
  );
  return rows.map(({ id }) => id);
}

/** Searches may have to look at every event: they get so much time and no more. Throws VALIDATION when it is over. */
export async function withDeadline<T>(database: DataSource, sql: string, values: unknown[]): Promise<T[]> {
  const runner = database.createQueryRunner();
  try {
    await runner.startTransaction();
    await runner.query(`SET LOCAL statement_timeout = ${SEARCH_DEADLINE_MS}`);
    const rows = (await runner.query(sql, values)) as unknown as T[];
    await runner.commitTransaction();
    return rows;
  } catch (error) {
    await runner.rollbackTransaction().catch(() => undefined);
    if ((error as { code?: string }).code !== QUERY_CANCELED) throw error;
    throw new TracerError('VALIDATION', `the search took more than ${SEARCH_DEADLINE_MS / 1000} s; narrow it`);
  } finally {
    await runner.release();
  }
}
