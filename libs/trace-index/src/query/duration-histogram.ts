import { bucketStart, BUCKETS_PER_OCTAVE, DurationSketch } from './duration-sketch.js';
import type { EventBatch, EventField, EventSink } from './event-sink.js';
import type { TraceEvent } from './trace-event.js';

export interface HistogramBucket {
  /** Inclusive. */
  readonly fromUs: number;
  /** Exclusive. */
  readonly toUs: number;
  readonly count: number;
}

/** Sketches the durations of a selection; the histogram is exact, its edges are powers of two and parts of them. */
export class DurationHistogram implements EventSink {
  readonly reads: ReadonlySet<EventField> = new Set<EventField>(['dur']);
  readonly sketch = new DurationSketch();
  withoutDuration = 0;
  negative = 0;
  zero = 0;

  accept(event: TraceEvent): undefined {
    const { dur } = event;
    if (dur === undefined) this.withoutDuration++;
    else this.add(dur);
  }

  acceptBatch({ count, dur }: EventBatch): undefined {
    for (let i = 0; i < count; i++) {
      const durationUs = dur[i] ?? NaN;
      if (Number.isNaN(durationUs)) this.withoutDuration++;
      else if (durationUs < 0) this.negative++;
      else if (durationUs === 0) this.zero++;
    }
    this.sketch.addAll(dur.subarray(0, count));
  }

  add(durationUs: number): void {
    if (durationUs < 0) this.negative++;
    else if (durationUs === 0) this.zero++;
    this.sketch.add(durationUs);
  }

  /**
   * From the shortest to the longest, empty buckets between them included; zero and less are counted apart.
   *
   * @param perOctave buckets of one power of two: 1, 2, 4, … 64
   */
  buckets(perOctave: number): HistogramBucket[] {
    const width = BUCKETS_PER_OCTAVE / perOctave;
    const counts = new Map<number, number>();
    for (const { bucket, count } of this.sketch.buckets()) {
      const wide = Math.floor(bucket / width);
      if (bucket > 0) counts.set(wide, (counts.get(wide) ?? 0) + count);
    }
    const found = [...counts.keys()];
    const [first = 0, last = -1] = [found[0], found.at(-1)];
    return Array.from({ length: last - first + 1 }, (_, i) => ({
      fromUs: bucketStart((first + i) * width),
      toUs: bucketStart((first + i + 1) * width),
      count: counts.get(first + i) ?? 0,
    }));
  }
}
