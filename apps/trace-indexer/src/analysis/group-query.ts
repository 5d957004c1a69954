import { TracerError } from '@tracer/base';
import type { Aggregate, TraceQueryDto } from '@tracer/dtos';
import { Filter, GROUP_FIELDS } from '@tracer/trace-index';
import { filterTerms } from '../http/conditions.js';
import { boundTerm, equalTerm, textTerm, timeTerm, type Selection } from '../http/event-parameters.js';

export interface GroupQuery extends Selection {
  readonly by: readonly string[];
  readonly aggregates: readonly Aggregate[];
  readonly orderBy: Aggregate;
  readonly timeBucketUs: number;
  readonly limit: number;
}

const DEFAULT_AGGREGATES: readonly Aggregate[] = ['count', 'sum', 'mean'];

export function readGroupQuery(body: TraceQueryDto): GroupQuery {
  const aggregates = body.aggregate?.length ? body.aggregate : DEFAULT_AGGREGATES;
  return {
    files: body.files ?? [],
    filter: filterOf(body),
    wait: body.wait ?? true,
    by: groupFields(body.group_by ?? []),
    aggregates,
    orderBy: body.order_by ?? aggregates[0] ?? 'count',
    timeBucketUs: body.time_bucket_us ?? 1e6,
    limit: body.limit ?? 1000,
  };
}

function groupFields(by: readonly string[]): readonly string[] {
  for (const [i, field] of by.entries()) {
    const known = GROUP_FIELDS.some((name) => name === field) || (field.startsWith('args.') && field.length > 5);
    if (!known) throw invalid(`group_by[${i}]`, `one of ${GROUP_FIELDS.join(', ')} or args.<key>, got "${field}"`);
  }
  return by;
}

function filterOf(body: TraceQueryDto): Filter {
  return new Filter([
    ...timeTerm(body.ts_min, body.ts_max, body.overlap ?? false),
    ...textTerm('name', body.name),
    ...textTerm('cat', body.cat),
    ...equalTerm('pid', body.pid),
    ...equalTerm('tid', body.tid),
    ...boundTerm('>=', body.dur_min),
    ...boundTerm('<=', body.dur_max),
    ...filterTerms(body.filters),
  ]);
}

function invalid(where: string, expected: string): TracerError {
  return new TracerError('VALIDATION', `Invalid ${where}: expected ${expected}`);
}
