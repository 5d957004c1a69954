import { TracerError } from '@tracer/base';
import { Filter, type Term } from '@tracer/trace-index';
import type { TimeBounds } from '../catalogue/file-access.js';
import { filterTerms, laneTerms } from '../http/conditions.js';
import { equalTerm, FILES, FILTERS, PID, textTerm, TID, WAIT } from '../http/event-parameters.js';
import {
  flagParameter,
  jsonParameter,
  listParameter,
  numberParameter,
  type Parameter,
  type QueryValues,
} from '../http/parameter.js';

const RELATIVE = 'µs, from the earliest event of the directory on unless `ts_normalize=0`';
const BEGIN = numberParameter('begin', { description: `First moment, ${RELATIVE}; default: the earliest event` });
const END = numberParameter('end', { description: `Last moment, ${RELATIVE}; default: the end of the latest event` });
/** Here an empty value is the empty text: a picture is filtered by what was clicked, and that may be an event without a name. */
export const VIZ_CAT = listParameter('cat', { description: 'Categories, one of them; exact', emptyIsText: true });
export const VIZ_NAME = listParameter('name', { description: 'Event names, one of them; exact', emptyIsText: true });
export const LANES = jsonParameter('lanes', {
  description: 'Equalities as JSON, all must hold: `{"field":"pid","value":7}` or an array of them',
});
export const TS_NORMALIZE = flagParameter('ts_normalize', {
  description: '1: times count from the earliest event of the directory on; 0: epoch µs',
  fallback: true,
});

/** The parameters of every route that draws a window of time. */
export const WINDOW_PARAMETERS: readonly Parameter<unknown>[] = [
  ...[BEGIN, END, TS_NORMALIZE, FILES, VIZ_CAT, VIZ_NAME, PID, TID, LANES, FILTERS, WAIT],
];

/** A window as the client means it, before it is known where time begins. */
export interface WindowQuery {
  readonly files: readonly string[];
  readonly begin: number | undefined;
  readonly end: number | undefined;
  readonly normalize: boolean;
  /** Conditions beside the window. */
  readonly terms: readonly Term[];
  readonly wait: boolean;
}

/** The window in epoch time, and how far it is shifted. */
export interface ResolvedWindow {
  readonly minUs: number;
  readonly maxUs: number;
  readonly originUs: number;
  /** Whether times are relative: without any time there is nothing to be relative to. */
  readonly normalized: boolean;
}

export function conditionTerms(values: QueryValues): Term[] {
  return [
    ...textTerm('name', VIZ_NAME.read(values)),
    ...textTerm('cat', VIZ_CAT.read(values)),
    ...equalTerm('pid', PID.read(values)),
    ...equalTerm('tid', TID.read(values)),
    ...laneTerms(LANES.read(values)),
    ...filterTerms(FILTERS.read(values)),
  ];
}

export function readWindowQuery(values: QueryValues): WindowQuery {
  const [begin, end] = [BEGIN.read(values), END.read(values)];
  requireOrder(begin, end);
  return {
    files: FILES.read(values),
    begin,
    end,
    normalize: TS_NORMALIZE.read(values),
    terms: conditionTerms(values),
    wait: WAIT.read(values),
  };
}

export function requireOrder(begin: number | undefined, end: number | undefined): void {
  if (begin !== undefined && end !== undefined && end < begin) {
    throw new TracerError('VALIDATION', 'Invalid parameter end: expected a time not before begin');
  }
}

/** `undefined` when there is no event with a time. */
export function resolveWindow(query: WindowQuery, bounds: TimeBounds | undefined): ResolvedWindow | undefined {
  if (bounds === undefined) return undefined;
  const originUs = query.normalize ? bounds.minUs : 0;
  const minUs = query.begin === undefined ? bounds.minUs : query.begin + originUs;
  const maxUs = query.end === undefined ? Math.max(minUs, bounds.maxUs) : query.end + originUs;
  return { minUs, maxUs: Math.max(minUs, maxUs), originUs, normalized: query.normalize };
}

/** Everything that touches the window. */
export function touchingFilter({ terms }: WindowQuery, { minUs, maxUs }: ResolvedWindow): Filter {
  return new Filter([{ kind: 'time', minUs, maxUs, overlap: true }, ...terms]);
}

/** What the conditions leave of a selection; the time only when the client asked for one: events without one stay in. */
export function askedFilter(query: WindowQuery, window: ResolvedWindow | undefined): Filter {
  if (window === undefined || (query.begin === undefined && query.end === undefined)) return new Filter(query.terms);
  return touchingFilter(query, window);
}
