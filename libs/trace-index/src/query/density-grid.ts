import { TracerError } from '@tracer/base';
import type { EventBatch, EventField, EventSink } from './event-sink.js';
import type { TraceEvent } from './trace-event.js';

const RECENT_LANES = 256;

/** Lanes × bins that a grid may hold: about 200 MB. */
const MAX_CELLS = 8 * 1024 * 1024;

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
    this.#longestUs = new Float64Array(bins).fill(-1);
  }

  stay(bin: number, us: number, nameId: number): void {
    this.busyUs[bin] = (this.busyUs[bin] ?? 0) + us;
    if (us <= (this.#longestUs[bin] ?? 0)) return;
    this.#longestUs[bin] = us;
    this.top[bin] = nameId;
  }
}

interface KnownPlaces {
  readonly kinds: EventBatch['kinds'];
  readonly lanes: (DensityLane | undefined)[];
  readonly names: (number | undefined)[];
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
 * Events without `ts` have no place in it and are counted in `untimed`.
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
  #places: KnownPlaces | undefined;

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

  /** The loop of millions: what `accept` does, with lanes and names looked up once per file. */
  acceptBatch(batch: EventBatch): undefined {
    const { count, classes, lanes, ts, dur } = batch;
    const places = this.#placesOf(batch);
    for (let i = 0; i < count; i++) {
      const start = ts[i] ?? NaN;
      if (Number.isNaN(start)) {
        this.untimed++;
        continue;
      }
      const lane = places.lanes[lanes[i] ?? 0] ?? this.#learnLane(batch, places, lanes[i] ?? 0);
      const name = places.names[classes[i] ?? 0] ?? this.#learnName(batch, places, classes[i] ?? 0);
      const length = dur[i] ?? NaN;
      this.add(lane, start, Number.isNaN(length) ? 0 : length, name);
    }
  }

  /** Lanes and name ids by their places in the tables of the file that is being fed. */
  #placesOf({ kinds }: EventBatch): KnownPlaces {
    if (this.#places?.kinds !== kinds) this.#places = { kinds, lanes: [], names: [] };
    return this.#places;
  }

  #learnLane({ threads }: EventBatch, places: KnownPlaces, place: number): DensityLane {
    return (places.lanes[place] = this.lane(threads[place]?.pid, threads[place]?.tid));
  }

  #learnName({ kinds }: EventBatch, places: KnownPlaces, place: number): number {
    return (places.names[place] = this.nameId(kinds[place]?.name ?? ''));
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
    const from = Math.max(ts, beginUs);
    const to = Math.min(Math.max(ts, ts + dur), endUs);
    if (from > to) return;
    const first = this.#binOf(from);
    const last = this.#binOf(to);
    lane.counts[first] = (lane.counts[first] ?? 0) + 1;
    if (first === last) {
      lane.stay(first, to - from, nameId);
      return;
    }
    lane.stay(first, beginUs + (first + 1) * this.binUs - from, nameId);
    for (let bin = first + 1; bin < last; bin++) lane.stay(bin, this.binUs, nameId);
    lane.stay(last, to - (beginUs + last * this.binUs), nameId);
  }

  #binOf(us: number): number {
    return Math.min(this.spec.bins - 1, Math.floor((us - this.spec.beginUs) * this.#scale));
  }
}
