import { getText, parseLossless, type ApiRequest, type QueryValue } from '../../api/index.js';
import { epochUs, hasFailed, laneKey, type SliceRef, type TimeBounds } from '../../lanes/index.js';

/** An event as it stands in its file; integers beyond 2^53 are texts. */
export interface EventFull {
  readonly name: string;
  readonly cat: string;
  readonly pid: string;
  readonly tid: string;
  readonly tsUs: number;
  readonly durUs: number | undefined;
  readonly failed: boolean;
  readonly args: readonly (readonly [key: string, value: unknown])[];
  readonly raw: Readonly<Record<string, unknown>>;
}

export function eventOf(line: string): EventFull | undefined {
  const raw = asObject(tryParse(line));
  if (raw === undefined) return undefined;
  const text = (key: string): string => {
    const value = raw[key];
    return typeof value === 'string' ? value : value === undefined || value === null ? '' : JSON.stringify(value);
  };
  const args = asObject(raw['args']) ?? {};
  return {
    name: text('name'),
    cat: text('cat'),
    pid: text('pid'),
    tid: text('tid'),
    tsUs: Number(raw['ts'] ?? Number.NaN),
    durUs: raw['dur'] === undefined ? undefined : Number(raw['dur']),
    failed: hasFailed(args),
    args: Object.entries(args),
    raw,
  };
}

function tryParse(line: string): unknown {
  try {
    return parseLossless(line);
  } catch {
    return undefined;
  }
}

function asObject(value: unknown): Readonly<Record<string, unknown>> | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Readonly<Record<string, unknown>>)
    : undefined;
}

/** The conditions that only events of a lane and a name meet; a name with a comma is no list here. */
export function sameNameFilters({ lane, name }: Pick<SliceRef, 'lane' | 'name'>): string {
  const [pid = '', tid = ''] = lane.split(':');
  const filters: { field: string; op: string; value: string | number }[] = [{ field: 'name', op: '=', value: name }];
  if (pid !== '') filters.push({ field: 'pid', op: '=', value: Number(pid) });
  if (tid !== '') filters.push({ field: 'tid', op: '=', value: Number(tid) });
  return JSON.stringify(filters);
}

/** Asks for the events that begin when the slice does, with the names behind their hashes. */
export function recordRequest(slice: SliceRef, bounds: TimeBounds, files: QueryValue): ApiRequest {
  const at = epochUs(slice.startUs, bounds);
  const query = { file: files, ts_min: at, ts_max: at, filters: sameNameFilters(slice), resolve: 1, metadata: 'none' };
  return { path: '/api/v1/events', query: { ...query, limit: 50 } };
}

/** The record of a slice; undefined when the file has changed since. */
export async function recordOf(
  request: ApiRequest,
  slice: SliceRef,
  signal: AbortSignal,
): Promise<EventFull | undefined> {
  const events = (await getText(request, { signal })).split('\n').map(eventOf);
  const fits = events.filter((event) => event !== undefined && laneKey(event.pid, event.tid) === slice.lane);
  return fits.find((event) => (event?.durUs ?? 0) === slice.durUs) ?? fits[0];
}
