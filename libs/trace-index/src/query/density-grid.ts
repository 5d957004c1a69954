import { TracerError } from '@tracer/base';
import type { DensityCells } from '../kernels/chunk-density.js';
import type { EventField, EventSink } from './event-sink.js';
import type { TraceEvent } from './trace-event.js';

const RECENT_LANES = 256;

/** Lanes × bins that a grid may hold: about 200 MB. */
const MAX_CELLS = 8 * 1024 * 1024;

/** Of a microsecond; `assembly/density.ts` has the same. */
const QUANTA = 1_048_576;

export type LaneKind = 'thread' | 'process';

export interface GridSpec {
  readonly beginUs: number;
  readonly endUs: number;
  readonly bins: number;
  /** One lane per thread, or one per process. */
  readonly lanes: LaneKind;
}

/** One lane of the picture; each array has an element per bin. */
export class DensityLane {
  /** Events that begin in the bin; one that began before the window counts in its first bin. */
  readonly counts: Uint32Array;
  /** Sum of the time that events spend in the bin, µs. Nested events count each, so it may exceed the bin. */
  readonly busyUs: Float64Array;
  /** Name id of the event with the longest stay in the bin, of several the first one fed; -1 = none. */
  readonly top: Int32Array;
  readonly #longestUs: Float64Array;

  constructor(
    readonly pid: number | undefined,
    readonly tid: number | undefined,
    bins: number,
  ) {
    this.counts = new Uint32Array(bins);
    this.busyUs = new Float64Array(bins);
    this.top = new Int32Array(bins).fill(-1);
    this.#longestUs = new Float64Array(bins);
  }

  /** Rounded to 2^-20 µs: sums up to 2^33 µs are exact then, and do not depend on the order of adding. */
  stay(bin: number, us: number, nameId: number): void {
    this.busyUs[bin] = (this.busyUs[bin] ?? 0) + Math.floor(us * QUANTA + 0.5) / QUANTA;
    this.#lead(bin, us, nameId);
  }

  /** Adds what a part of the events, later ones than those so far, make of a bin. */
  addCell(bin: number, count: number, busyUs: number, longestUs: number, nameId: number): void {
    this.counts[bin] = (this.counts[bin] ?? 0) + count;
    this.busyUs[bin] = (this.busyUs[bin] ?? 0) + busyUs;
    this.#lead(bin, longestUs, nameId);
  }

  #lead(bin: number, us: number, nameId: number): void {
    if (this.top[bin] !== -1 && !(us > (this.#longestUs[bin] ?? 0))) return;
    this.#longestUs[bin] = us;
    this.top[bin] = nameId;
  }
}

/**
 * How full each lane is over time, for a picture in which single events would be smaller than a pixel:
 *
 * ```
 *            bin 0    bin 1    bin 2
 *   lane A  ├──────┤ ├──┤├───┤ ├──      counts 1 2 1, busy = what is drawn, top = the longest piece in each bin
 *   lane B           ├─────────────
 * ```
 *
 * Events without `ts` have no place in it and are counted in `untimed`. An index counts by chunk and hands cells in.
 */
export class DensityGrid implements EventSink {
  readonly reads: ReadonlySet<EventField> = new Set<EventField>(['ts', 'dur', 'pid', 'tid', 'name']);
  readonly binUs: number;
  readonly lanes: DensityLane[] = [];
  /** By name id. */
  readonly names: string[] = [];
  untimed = 0;
  readonly #scale: number;
  readonly #laneOf = new Map<number | undefined, Map<number | undefined, DensityLane>>();
  /** The lanes that were asked for last, by a hash of their ids: a trace has few and asks for them again and again. */
  readonly #recentLanes: (DensityLane | undefined)[] = new Array<undefined>(RECENT_LANES).fill(undefined);
  readonly #nameIds = new Map<string, number>();

  constructor(readonly spec: GridSpec) {
    const range = spec.endUs - spec.beginUs;
    this.binUs = range / spec.bins;
    this.#scale = range > 0 ? spec.bins / range : 0;
  }

  accept(event: TraceEvent): undefined {
    const { ts } = event;
    if (ts === undefined) {
      this.untimed++;
      return;
    }
    this.add(this.lane(event.pid, event.tid), ts, event.dur ?? 0, this.nameId(event.name ?? ''));
  }

  /**
   * Adds what was already counted by cell, of events that come after those so far.
   *
   * @param laneOf what the cells call a lane
   * @param nameOf name id of what the cells call a class
   */
  addCells(cells: DensityCells, laneOf: (lane: number) => DensityLane, nameOf: (id: number) => number): void {
    let lane: DensityLane | undefined;
    for (let i = 0; i < cells.bins.length; i++) {
      if (lane === undefined || cells.lanes[i] !== cells.lanes[i - 1]) lane = laneOf(cells.lanes[i] ?? 0);
      const { bins, counts, busyUs, longestUs, classes } = cells;
      lane.addCell(bins[i] ?? 0, counts[i] ?? 0, busyUs[i] ?? 0, longestUs[i] ?? 0, nameOf(classes[i] ?? 0));
    }
  }

  /** @throws TracerError VALIDATION when there are too many lanes for this many bins */
  lane(pid: number | undefined, tid: number | undefined): DensityLane {
    const thread = this.spec.lanes === 'thread' ? tid : undefined;
    const slot = ((pid ?? 0) * 31 + (thread ?? 0)) & (RECENT_LANES - 1);
    const recent = this.#recentLanes[slot];
    if (recent !== undefined && recent.pid === pid && recent.tid === thread) return recent;
    const lane = this.#lane(pid, thread);
    this.#recentLanes[slot] = lane;
    return lane;
  }

  #lane(pid: number | undefined, thread: number | undefined): DensityLane {
    let threads = this.#laneOf.get(pid);
    if (threads === undefined) this.#laneOf.set(pid, (threads = new Map<number | undefined, DensityLane>()));
    const known = threads.get(thread);
    if (known !== undefined) return known;
    const { bins } = this.spec;
    if ((this.lanes.length + 1) * bins > MAX_CELLS) {
      throw new TracerError(
        'VALIDATION',
        `more than ${this.lanes.length} lanes of ${bins} bins; ask for fewer of either`,
      );
    }
    const lane = new DensityLane(pid, thread, bins);
    this.lanes.push(lane);
    threads.set(thread, lane);
    return lane;
  }

  nameId(name: string): number {
    let id = this.#nameIds.get(name);
    if (id === undefined) {
      id = this.names.push(name) - 1;
      this.#nameIds.set(name, id);
    }
    return id;
  }

  /** Adds an event; what of it lies outside of the grid does not count. */
  add(lane: DensityLane, ts: number, dur: number, nameId: number): void {
    const { beginUs, endUs } = this.spec;
    // Distances from the beginning: they are exact where sums of epoch times and fractions are not.
    const from = Math.max(ts, beginUs) - beginUs;
    const to = Math.min(dur > 0 ? ts + dur : ts, endUs) - beginUs;
    if (!(from <= to)) return;
    const first = this.#binOf(from);
    const last = this.#binOf(to);
    lane.counts[first] = (lane.counts[first] ?? 0) + 1;
    if (first === last) {
      lane.stay(first, to - from, nameId);
      return;
    }
    lane.stay(first, (first + 1) * this.binUs - from, nameId);
    for (let bin = first + 1; bin < last; bin++) lane.stay(bin, this.binUs, nameId);
    lane.stay(last, to - last * this.binUs, nameId);
  }

  #binOf(us: number): number {
    const bin = Math.floor(us * this.#scale);
    return bin < this.spec.bins - 1 ? bin : this.spec.bins - 1;
  }
}
