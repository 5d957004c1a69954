import type { Aggregate, TraceGroupDto, TraceGroupsDto } from '@tracer/dtos';
import type { GroupRow, GroupTable } from '@tracer/trace-index';
import type { GroupQuery } from './group-query.js';

const QUANTILES = new Map<Aggregate, number>([
  ['p50', 0.5],
  ['p95', 0.95],
  ['p99', 0.99],
]);

export function needsQuantiles({ aggregates, orderBy }: GroupQuery): boolean {
  return [...aggregates, orderBy].some((aggregate) => QUANTILES.has(aggregate));
}

export function needsBytes({ aggregates, orderBy }: GroupQuery): boolean {
  return [...aggregates, orderBy].includes('bytes');
}

/** An aggregate of a group; null where no event has what it is made of. */
export function aggregateOf(row: GroupRow, aggregate: Aggregate): number | null {
  const quantile = QUANTILES.get(aggregate);
  if (quantile !== undefined) return row.sketch?.quantile(quantile) ?? null;
  if (aggregate === 'count') return row.count;
  if (aggregate === 'bytes') return row.bytes;
  if (aggregate === 'sum') return row.sumUs;
  if (row.timed === 0) return null;
  if (aggregate === 'min') return row.minUs;
  return aggregate === 'max' ? row.maxUs : row.sumUs / row.timed;
}

/** The largest groups first; those of equal size as they came. */
export function largestRows(table: GroupTable, orderBy: Aggregate, limit: number): GroupRow[] {
  const size = (row: GroupRow): number => aggregateOf(row, orderBy) ?? -Infinity;
  return [...table.rows].sort((a, b) => size(b) - size(a) || 0).slice(0, limit);
}

export function groupsDto(table: GroupTable, query: GroupQuery): TraceGroupsDto {
  const rows = largestRows(table, query.orderBy, query.limit);
  return {
    groups: rows.map((row) => groupDto(row, query)),
    total_groups: table.rows.length,
    truncated: rows.length < table.rows.length,
    matched: table.matched,
    left_out: table.leftOut,
  };
}

function groupDto(row: GroupRow, { by, aggregates }: GroupQuery): TraceGroupDto {
  return {
    key: Object.fromEntries(by.map((field, i) => [field, row.key[i] ?? null])),
    values: Object.fromEntries(aggregates.map((aggregate) => [aggregate, aggregateOf(row, aggregate)])),
  };
}
