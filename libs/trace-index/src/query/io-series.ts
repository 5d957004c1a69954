import type { EventBatch, EventField, EventSink } from './event-sink.js';
import type { TraceEvent } from './trace-event.js';
import { directionOf, transferOf, type Transfer } from './transfer.js';

type Direction = Transfer['direction'];

export interface SeriesSpec {
  readonly beginUs: number;
  readonly endUs: number;
  readonly buckets: number;
}

/**
 * Operations and bytes over time. An operation counts in the bucket in which it begins; its bytes and its time are spread
 * evenly over the buckets in which it runs, so that a long read does not look like a peak.
 */
export class IoSeries implements EventSink {
  readonly reads: ReadonlySet<EventField> = new Set<EventField>(['ts', 'dur', 'name', 'transfer']);
  readonly bucketUs: number;
  readonly operations: Float64Array;
  readonly readOperations: Float64Array;
  readonly writeOperations: Float64Array;
  readonly readBytes: Float64Array;
  readonly writeBytes: Float64Array;
  readonly busyUs: Float64Array;
  untimed = 0;

  constructor(readonly spec: SeriesSpec) {
    const { beginUs, endUs, buckets } = spec;
    this.bucketUs = (endUs - beginUs) / buckets;
    const series = (): Float64Array => new Float64Array(buckets);
    [this.operations, this.readOperations, this.writeOperations] = [series(), series(), series()];
    [this.readBytes, this.writeBytes, this.busyUs] = [series(), series(), series()];
  }

  accept(event: TraceEvent): undefined {
    const transfer = transferOf(event);
    this.#add(event.ts ?? NaN, event.dur ?? NaN, transfer?.direction ?? 'neither', transfer?.bytes ?? 0);
  }

  acceptBatch({ count, classes, ts, dur, transfers, kinds }: EventBatch): undefined {
    const directions: (Direction | 'neither')[] = [];
    for (let i = 0; i < count; i++) {
      const kind = classes[i] ?? 0;
      const direction = (directions[kind] ??= directionOf(kinds[kind]?.name ?? '') ?? 'neither');
      this.#add(ts[i] ?? NaN, dur[i] ?? NaN, direction, transfers[i] ?? 0);
    }
  }

  /** NaN = absent. */
  #add(ts: number, durationUs: number, direction: Direction | 'neither', bytes: number): void {
    if (Number.isNaN(ts)) {
      this.untimed++;
      return;
    }
    const dur = durationUs > 0 ? durationUs : 0;
    const { beginUs, endUs } = this.spec;
    if (ts > endUs || ts + dur < beginUs) return;
    if (ts >= beginUs) this.#count(this.#bucketOf(ts), direction);
    this.#spread(this.busyUs, ts, dur, dur);
    if (direction !== 'neither') this.#spread(direction === 'read' ? this.readBytes : this.writeBytes, ts, dur, bytes);
  }

  #count(bucket: number, direction: Direction | 'neither'): void {
    bump(this.operations, bucket, 1);
    if (direction === 'read') bump(this.readOperations, bucket, 1);
    if (direction === 'write') bump(this.writeOperations, bucket, 1);
  }

  /** Shares `amount` out over `[ts, ts + dur]`; what lies outside of the series is not shown. */
  #spread(series: Float64Array, ts: number, dur: number, amount: number): void {
    const { beginUs, endUs } = this.spec;
    if (amount === 0) return;
    if (dur === 0) {
      if (ts >= beginUs) bump(series, this.#bucketOf(ts), amount);
      return;
    }
    const from = Math.max(ts, beginUs);
    const to = Math.min(ts + dur, endUs);
    const perUs = amount / dur;
    const last = this.#bucketOf(to);
    for (let bucket = this.#bucketOf(from), at = from; bucket <= last; bucket++) {
      const edge = bucket === last ? to : beginUs + (bucket + 1) * this.bucketUs;
      bump(series, bucket, (edge - at) * perUs);
      at = edge;
    }
  }

  #bucketOf(us: number): number {
    if (this.bucketUs === 0) return 0;
    return Math.min(this.spec.buckets - 1, Math.floor((us - this.spec.beginUs) / this.bucketUs));
  }
}

function bump(series: Float64Array, at: number, by: number): void {
  series[at] = (series[at] ?? 0) + by;
}
