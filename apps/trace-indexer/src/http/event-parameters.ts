import { Filter, type MetadataPolicy, type Term } from '@tracer/trace-index';
import { filterTerms } from './conditions.js';
import {
  choiceParameter,
  flagParameter,
  integerParameter,
  jsonParameter,
  listParameter,
  numberParameter,
  textsParameter,
  type Parameter,
  type QueryValues,
} from './parameter.js';

export const FILES = textsParameter('file', {
  description:
    'Path of a trace file as `/api/v1/files` shows it; repeat it for several; `job7/` is all files in a directory, `job7/**` also in those below; all files when absent',
});
export const CAT = listParameter('cat', { description: 'Categories, one of them; exact' });
export const NAME = listParameter('name', { description: 'Event names, one of them; exact' });
export const PID = numberParameter('pid', { description: 'Process' });
export const TID = numberParameter('tid', { description: 'Thread' });
export const TS_MIN = numberParameter('ts_min', { description: 'Earliest start, epoch µs, inclusive' });
export const TS_MAX = numberParameter('ts_max', { description: 'Latest start, epoch µs, inclusive' });
const DUR_MIN = numberParameter('dur_min', { description: 'Shortest duration, µs, inclusive' });
const DUR_MAX = numberParameter('dur_max', { description: 'Longest duration, µs, inclusive' });
export const OVERLAP = flagParameter('overlap', {
  description: '1 also takes events that began before the window and reach into it',
});
export const FILTERS = jsonParameter('filters', {
  description:
    'Further conditions as JSON, all must hold: `[{"field":"args.ret","op":"<","value":0}]`; fields name, cat, pid, tid, ts, dur, ph, fname, hostname, args.<key>; operators = != >= <= > < in',
});
export const METADATA = choiceParameter('metadata', {
  description:
    'Metadata records: `all`, `none`, or `referenced`: only the FH, HH and SH records that the returned events refer to. Default: all without a filter, referenced with one',
  choices: ['all', 'referenced', 'none'],
  fallback: undefined,
});
export const RESOLVE = flagParameter('resolve', {
  description: '1 adds the file and host names behind hashes to `args`',
});
export const WAIT = flagParameter('wait', {
  description: '0 answers 503 at once when a file is still being indexed; default: wait for it',
  fallback: true,
});

export const MAX_PAGE = 100_000;
export const PAGE_LIMIT = integerParameter('limit', {
  description: 'Most events to return; 0 returns none',
  ...{ min: 0, max: MAX_PAGE, fallback: 1000 },
});
export const STREAM_LIMIT = integerParameter('limit', {
  description: 'Most events to return; 0 is no limit',
  ...{ min: 0, max: Number.MAX_SAFE_INTEGER, fallback: undefined },
});

/** What `STREAM_LIMIT` means to a query. */
export function limitOf(given: number | undefined): number | undefined {
  return given === 0 ? undefined : given;
}

/** The conditions that every route over events takes. */
export const FILTER_PARAMETERS: readonly Parameter<unknown>[] = [
  ...[FILES, CAT, NAME, PID, TID, TS_MIN, TS_MAX, DUR_MIN, DUR_MAX, OVERLAP, FILTERS, WAIT],
];

/** Which events of which files. */
export interface Selection {
  /** Keys as given; empty = all files. */
  readonly files: readonly string[];
  readonly filter: Filter;
  /** Whether to wait for files that are still being indexed. */
  readonly wait: boolean;
}

export interface EventsQuery extends Selection {
  readonly metadata: MetadataPolicy;
  readonly limit: number | undefined;
  readonly resolve: boolean;
}

export function textTerm(field: 'name' | 'cat', values: readonly string[] | undefined): Term[] {
  return values === undefined ? [] : [{ kind: 'text', field, values: new Set(values), negated: false }];
}

export function equalTerm(field: 'pid' | 'tid', value: number | undefined): Term[] {
  return value === undefined ? [] : [{ kind: 'number', field, op: '=', values: [value], orAbsent: false }];
}

export function boundTerm(op: '>=' | '<=', value: number | undefined): Term[] {
  return value === undefined ? [] : [{ kind: 'number', field: 'dur', op, values: [value], orAbsent: false }];
}

export function timeTerm(minUs: number | undefined, maxUs: number | undefined, overlap: boolean): Term[] {
  if (minUs === undefined && maxUs === undefined) return [];
  return [{ kind: 'time', minUs: minUs ?? -Infinity, maxUs: maxUs ?? Infinity, overlap }];
}

export function readSelection(values: QueryValues): Selection {
  const filter = new Filter([
    ...timeTerm(TS_MIN.read(values), TS_MAX.read(values), OVERLAP.read(values)),
    ...textTerm('name', NAME.read(values)),
    ...textTerm('cat', CAT.read(values)),
    ...equalTerm('pid', PID.read(values)),
    ...equalTerm('tid', TID.read(values)),
    ...boundTerm('>=', DUR_MIN.read(values)),
    ...boundTerm('<=', DUR_MAX.read(values)),
    ...filterTerms(FILTERS.read(values)),
  ]);
  return { files: FILES.read(values), filter, wait: WAIT.read(values) };
}

/** @param limit already read: the routes differ in it */
export function readEventsQuery(values: QueryValues, limit: number | undefined): EventsQuery {
  const selection = readSelection(values);
  const metadata = METADATA.read(values) ?? (selection.filter.isEmpty ? 'all' : 'referenced');
  return { ...selection, metadata, limit, resolve: RESOLVE.read(values) };
}
