import { DensityGrid, type DensityLane } from '@tracer/trace-index';
import { feedFiles, type FileAccess, type TimeBounds } from '../catalogue/file-access.js';
import type { EventStream } from '../events/event-stream.js';
import type { EventsQuery } from '../http/event-parameters.js';
import { EventArray, shiftOf } from './event-array.js';
import { leftOutFilter, shownFilter, type VizQuery, type Window } from './viz-query.js';

/** Streams the answer of `/viz/events`: `{"events":[…],("density":[…],)"metadata":{…}}`. */
export class VizEvents {
  constructor(
    private readonly access: FileAccess,
    private readonly stream: EventStream,
  ) {}

  async *body(query: VizQuery, signal: AbortSignal): AsyncGenerator<Buffer, void, undefined> {
    await this.access.files(query.files);
    const bounds = await this.access.bounds(query.wait);
    const originUs = query.normalize ? bounds?.minUs : undefined;
    const window = { minUs: query.begin + (originUs ?? 0), maxUs: query.end + (originUs ?? 0) };
    const limit = query.limit === 0 ? Infinity : query.limit;
    const array = new EventArray(originUs, limit);
    yield Buffer.from('{"events":[');
    for await (const block of this.stream.blocks(eventsQuery(query, window), signal, shiftOf(originUs, limit))) {
      for (const piece of array.add(block)) if (piece.length > 0) yield piece;
      if (array.truncated) break;
    }
    yield Buffer.from(']');
    if (query.density) yield* this.#density(query, window, originUs ?? 0, signal);
    yield Buffer.from(`,"metadata":${JSON.stringify(metadataOf(query, array, bounds, originUs))}}`);
  }

  async *#density(
    query: VizQuery,
    window: Window,
    originUs: number,
    signal: AbortSignal,
  ): AsyncGenerator<Buffer, void, undefined> {
    const { minUs, maxUs } = window;
    const spec = { beginUs: minUs, endUs: maxUs, bins: query.viewportWidth, lanes: 'thread' } as const;
    const grid = new DensityGrid(spec);
    const filter = leftOutFilter(query, window);
    if (query.thresholdUs > 0) {
      await feedFiles(this.access, query, filter, () => grid, signal);
    }
    yield Buffer.from(',"density":[');
    let first = true;
    for (const lane of grid.lanes) {
      const cells = laneCells(grid, lane, originUs);
      if (cells.length === 0) continue;
      yield Buffer.from(`${first ? '' : ','}${cells.map((cell) => JSON.stringify(cell)).join(',')}`);
      first = false;
    }
    yield Buffer.from(']');
  }
}

function eventsQuery(query: VizQuery, window: Window): EventsQuery {
  const { files, metadata, resolve, wait, limit } = query;
  // One more than asked: only then it is known whether the limit cut anything.
  return {
    files,
    metadata,
    resolve,
    wait,
    filter: shownFilter(query, window),
    limit: limit === 0 ? undefined : limit + 1,
  };
}

interface Cell {
  readonly pid: number | undefined;
  readonly tid: number | undefined;
  readonly ts: number;
  readonly dur: number;
  readonly count: number;
  readonly busy: number;
  readonly top: string;
}

function laneCells(grid: DensityGrid, lane: DensityLane, originUs: number): Cell[] {
  const cells: Cell[] = [];
  const { beginUs } = grid.spec;
  lane.counts.forEach((count, bin) => {
    const busy = lane.busyUs[bin] ?? 0;
    if (count === 0 && busy === 0) return;
    const ts = beginUs + bin * grid.binUs - originUs;
    const top = grid.names[lane.top[bin] ?? -1] ?? '';
    cells.push({ pid: lane.pid, tid: lane.tid, ts, dur: grid.binUs, count, busy, top });
  });
  return cells;
}

function metadataOf(
  query: VizQuery,
  array: EventArray,
  bounds: TimeBounds | undefined,
  originUs: number | undefined,
): Readonly<Record<string, unknown>> {
  return {
    begin: query.begin,
    end: query.end,
    count: array.count,
    limit: query.limit,
    truncated: array.truncated,
    ts_normalized: originUs !== undefined,
    global_min_timestamp_us: bounds?.minUs ?? null,
  };
}
