import { TracerError } from '@tracer/base';
import { Filter, type MetadataPolicy, type Term } from '@tracer/trace-index';
import { FILES, FILTERS, METADATA, OVERLAP, PID, RESOLVE, STREAM_LIMIT, TID, WAIT } from '../http/event-parameters.js';
import {
  flagParameter,
  integerParameter,
  requiredNumberParameter,
  type Parameter,
  type QueryValues,
} from '../http/parameter.js';
import { conditionTerms, LANES, requireOrder, TS_NORMALIZE, VIZ_CAT, VIZ_NAME } from './window-query.js';

const RELATIVE = 'µs, from the earliest event of the directory on unless `ts_normalize=0`';
const BEGIN = requiredNumberParameter('begin', { description: `First moment of the window, ${RELATIVE}` });
const END = requiredNumberParameter('end', { description: `Last moment of the window, ${RELATIVE}` });
const SUMMARY: Parameter<number> = {
  ...integerParameter('summary', {
    description:
      '1 returns every event; level L leaves out events shorter than window / (viewport_width * L). Below 1 is 1',
    ...{ min: Number.MIN_SAFE_INTEGER, max: Number.MAX_SAFE_INTEGER, fallback: 1 },
  }),
  required: true,
};
export const VIEWPORT_WIDTH = integerParameter('viewport_width', {
  description: 'Pixels that show the window',
  ...{ min: 1, max: 100_000, fallback: 1920 },
});
const DENSITY = flagParameter('density', {
  description: '1 adds `density`: the events that the summary level leaves out, per lane and pixel',
});

export const VIZ_PARAMETERS: readonly Parameter<unknown>[] = [
  ...[BEGIN, END, SUMMARY, FILES, STREAM_LIMIT, VIZ_CAT, VIZ_NAME, PID, TID, LANES, FILTERS, OVERLAP],
  ...[TS_NORMALIZE, VIEWPORT_WIDTH, DENSITY, METADATA, RESOLVE, WAIT],
];

/** A window as the client means it, before it is known where time begins. */
export interface VizQuery {
  readonly files: readonly string[];
  /** As given: relative to the earliest event when `normalize`. */
  readonly begin: number;
  readonly end: number;
  readonly normalize: boolean;
  readonly overlap: boolean;
  /** Conditions beside the window. */
  readonly terms: readonly Term[];
  /** Events shorter than this are left out; 0 = none. */
  readonly thresholdUs: number;
  readonly viewportWidth: number;
  readonly density: boolean;
  readonly limit: number;
  readonly metadata: MetadataPolicy;
  readonly resolve: boolean;
  readonly wait: boolean;
}

/** Where the window lies in epoch time. */
export interface Window {
  readonly minUs: number;
  readonly maxUs: number;
}

export function readVizQuery(values: QueryValues): VizQuery {
  const missing = [BEGIN, END, SUMMARY].filter(({ name }) => values.all(name).length === 0).map(({ name }) => name);
  if (missing.length > 0) throw new TracerError('VALIDATION', `Missing required parameters: ${missing.join(', ')}`);
  const [begin, end] = [BEGIN.read(values), END.read(values)];
  requireOrder(begin, end);
  const level = Math.max(1, SUMMARY.read(values));
  const viewportWidth = VIEWPORT_WIDTH.read(values);
  return {
    files: FILES.read(values),
    begin,
    end,
    normalize: TS_NORMALIZE.read(values),
    overlap: OVERLAP.read(values),
    terms: conditionTerms(values),
    thresholdUs: level < 2 ? 0 : (end - begin) / (viewportWidth * level),
    viewportWidth,
    density: DENSITY.read(values),
    limit: STREAM_LIMIT.read(values) ?? 0,
    metadata: METADATA.read(values) ?? 'referenced',
    resolve: RESOLVE.read(values),
    wait: WAIT.read(values),
  };
}

/** The events of the window that are shown one by one. Those without a duration always are. */
export function shownFilter({ terms, overlap, thresholdUs }: VizQuery, { minUs, maxUs }: Window): Filter {
  const window: Term = { kind: 'time', minUs, maxUs, overlap };
  const long: Term = { kind: 'number', field: 'dur', op: '>=', values: [thresholdUs], orAbsent: true };
  return new Filter([window, ...terms, ...(thresholdUs > 0 ? [long] : [])]);
}

/** The events of the window that are too short to be shown. */
export function leftOutFilter({ terms, overlap, thresholdUs }: VizQuery, { minUs, maxUs }: Window): Filter {
  const short: Term = { kind: 'number', field: 'dur', op: '<', values: [thresholdUs], orAbsent: false };
  return new Filter([{ kind: 'time', minUs, maxUs, overlap }, ...terms, short]);
}
