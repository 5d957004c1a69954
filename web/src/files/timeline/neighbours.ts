import { getJson } from '../../api/index.js';
import { laneKey, type SliceRef, type TimeBounds } from '../../lanes/index.js';
import { vizEventsRequest } from '../files-api.js';
import type { QueryValue } from '../../api/index.js';
import { sameNameFilters } from './record.js';

/** Slices of a name in a window, relative to the origin; `truncated` when there were more than asked for. */
export type AskWindow = (
  fromUs: number,
  toUs: number,
) => Promise<{ readonly slices: readonly SliceRef[]; readonly truncated: boolean }>;

const MOST = 500;
const GROWTH = 16;

/**
 * The next (`direction` 1) or previous (-1) slice of the same name in the same lane. Events stand in a file in the order of
 * their ends, so the first that comes is not the nearest: windows beside the slice are looked through, each wider than
 * the one before, and a window with too many is halved.
 */
export async function neighbourOf(
  slice: SliceRef,
  direction: 1 | -1,
  { lengthUs }: Pick<TimeBounds, 'lengthUs'>,
  ask: AskWindow,
): Promise<SliceRef | undefined> {
  const edge = slice.startUs + direction;
  let [near, width] = [0, Math.max(1_000, slice.durUs * 4)];
  const last = direction > 0 ? lengthUs - edge : edge;
  while (near <= last) {
    const far = Math.min(near + width, last);
    const window = direction > 0 ? ([edge + near, edge + far] as const) : ([edge - far, edge - near] as const);
    const { slices, truncated } = await ask(...window);
    if (truncated && far - near >= 2) {
      width = Math.floor((far - near) / 2);
      continue;
    }
    const ordered = [...slices].sort((a, b) => direction * (a.startUs - b.startUs));
    if (ordered[0] !== undefined) return ordered[0];
    near = far + 1;
    width *= GROWTH;
  }
  return undefined;
}

/** Asks the server. */
export function windowAsker(
  slice: SliceRef,
  { originUs }: TimeBounds,
  files: QueryValue,
  signal: AbortSignal,
): AskWindow {
  const origin = Number(originUs);
  return async (fromUs, toUs) => {
    const [begin, end] = [origin + Math.floor(fromUs), origin + Math.ceil(toUs)];
    const query = { file: files, ts_normalize: 0, begin, end, summary: 1, metadata: 'none', limit: MOST };
    const { events } = await getJson(vizEventsRequest({ ...query, filters: sameNameFilters(slice) }), { signal });
    const slices = events
      .map(({ pid, tid, ts, dur }) => ({
        lane: laneKey(pid, tid),
        name: slice.name,
        startUs: Number(ts) - origin,
        durUs: Math.max(0, Number(dur ?? 0) || 0),
      }))
      .filter(({ lane, startUs }) => lane === slice.lane && startUs !== slice.startUs);
    return { slices, truncated: events.length >= MOST };
  };
}
