import type { CallTreeDto, DensityDto, DensityLaneDto, HistogramDto } from '@tracer/dtos';
import {
  CallTree,
  DensityGrid,
  DurationHistogram,
  LaneTimeline,
  MAX_TIMELINE_EVENTS,
  type DensityLane,
  type EventSink,
  type Filter,
  type LaneKind,
} from '@tracer/trace-index';
import { feedFiles, type FileAccess } from '../catalogue/file-access.js';
import { callTreeLanes } from './call-tree-answer.js';
import { askedFilter, resolveWindow, touchingFilter, type ResolvedWindow, type WindowQuery } from './window-query.js';

export interface DensityQuery extends WindowQuery {
  readonly bins: number;
  readonly lanes: LaneKind;
}

export interface CallTreeQuery extends WindowQuery {
  /** One tree of all lanes. */
  readonly merge: boolean;
  readonly limit: number;
}

export interface HistogramQuery extends WindowQuery {
  readonly perOctave: number;
}

/** Answers about a window of time that are smaller than its events. */
export class VizAnalysis {
  constructor(private readonly access: FileAccess) {}

  async density(query: DensityQuery, signal: AbortSignal): Promise<DensityDto> {
    const window = await this.#window(query);
    const { minUs = 0, maxUs = 0, originUs = 0 } = window ?? {};
    const grid = new DensityGrid({ beginUs: minUs, endUs: maxUs, bins: query.bins, lanes: query.lanes });
    if (window) await this.#feed(query, touchingFilter(query, window), grid, signal);
    const drawn = [...grid.lanes].sort((a, b) => order(a.pid, b.pid) || order(a.tid, b.tid));
    const names = new UsedNames(grid.names);
    const lanes = drawn.map((lane) => laneDto(lane, names));
    return {
      begin: minUs - originUs,
      end: maxUs - originUs,
      bins: query.bins,
      bin_us: grid.binUs,
      ts_normalized: window?.normalized ?? false,
      global_min_timestamp_us: (await this.access.bounds(query.wait))?.minUs ?? null,
      events: lanes.reduce((sum, { count }) => sum + count.reduce((a, b) => a + b, 0), 0),
      names: names.list,
      lanes,
    };
  }

  async callTree(query: CallTreeQuery, signal: AbortSignal): Promise<CallTreeDto> {
    const timeline = new LaneTimeline({ maxEvents: MAX_TIMELINE_EVENTS });
    await this.#feed(query, askedFilter(query, await this.#window(query)), timeline, signal);
    const together = query.merge ? new CallTree() : undefined;
    const trees = timeline.lanes().map((lane) => {
      const tree = together ?? new CallTree();
      tree.addLane(timeline, lane);
      return { pid: lane.pid ?? null, tid: lane.tid ?? null, tree };
    });
    const shown = together && trees.length > 0 ? [{ pid: null, tid: null, tree: together }] : trees;
    const { lanes, pruned } = callTreeLanes(shown, query.limit);
    return {
      lanes,
      events: timeline.count,
      untimed: timeline.untimed,
      left_out: timeline.leftOut,
      cut: timeline.cut,
      too_deep: shown.reduce((sum, { tree }) => sum + tree.tooDeep, 0),
      pruned,
    };
  }

  async histogram(query: HistogramQuery, signal: AbortSignal): Promise<HistogramDto> {
    const histogram = new DurationHistogram();
    await this.#feed(query, askedFilter(query, await this.#window(query)), histogram, signal);
    const { sketch } = histogram;
    const quantile = (q: number): number | null => sketch.quantile(q) ?? null;
    return {
      count: sketch.count,
      without_duration: histogram.withoutDuration,
      zero: histogram.zero,
      negative: histogram.negative,
      p50_us: quantile(0.5),
      p95_us: quantile(0.95),
      p99_us: quantile(0.99),
      max_us: sketch.max ?? null,
      buckets: histogram
        .buckets(query.perOctave)
        .map(({ fromUs, toUs, count }) => ({ from_us: fromUs, to_us: toUs, count })),
    };
  }

  async #window(query: WindowQuery): Promise<ResolvedWindow | undefined> {
    await this.access.files(query.files);
    return resolveWindow(query, await this.access.bounds(query.wait));
  }

  #feed(query: WindowQuery, filter: Filter, sink: EventSink, signal: AbortSignal): Promise<void> {
    return feedFiles(this.access, query, filter, () => sink, signal);
  }
}

/** Without a number first. */
function order(a: number | undefined, b: number | undefined): number {
  if (a === b) return 0;
  return (a ?? -Infinity) - (b ?? -Infinity);
}

/** The names that an answer needs, numbered as it first needs them: however it was computed, the numbers are the same. */
class UsedNames {
  readonly list: string[] = [];
  readonly #places: (number | undefined)[] = [];

  constructor(private readonly names: readonly string[]) {}

  /** The place in `list` of a name of the grid; -1 for none. */
  place(id: number): number {
    if (id < 0) return -1;
    return (this.#places[id] ??= this.list.push(this.names[id] ?? '') - 1);
  }
}

function laneDto({ pid, tid, counts, busyUs, top }: DensityLane, names: UsedNames): DensityLaneDto {
  const lane: DensityLaneDto = { pid: pid ?? null, tid: tid ?? null, bin: [], count: [], busy_us: [], top: [] };
  counts.forEach((count, bin) => {
    const busy = busyUs[bin] ?? 0;
    if (count === 0 && busy === 0) return;
    lane.bin.push(bin);
    lane.count.push(count);
    // Edges of bins fall between microseconds; more digits than these say nothing and take long to write.
    lane.busy_us.push(Math.round(busy * 1000) / 1000);
    lane.top.push(names.place(top[bin] ?? -1));
  });
  return lane;
}
