/**
 * Counts of numbers in buckets of equal relative width, so that quantiles of any number of durations need a few
 * kilobytes. A bucket is what the upper bits of the double say: the exponent and the first six bits of the mantissa,
 *
 * ```
 *   63 62        52 51    46 45                 0
 *  ┌──┬────────────┬────────┬────────────────────┐
 *  │ s│  exponent  │ 6 bits │      ignored       │    bucket = bits 62…46  (high word >>> 14)
 *  └──┴────────────┴────────┴────────────────────┘
 * ```
 *
 * 64 buckets per power of two: a value is off by less than 1/64 of itself. Bucketing is bit arithmetic and adding is
 * counting, so the result does not depend on the order of values, on the machine, or on where it was computed.
 */
export class DurationSketch {
  readonly #counts = new Map<number, number>();
  #count = 0;
  #min = Infinity;
  #max = -Infinity;

  get count(): number {
    return this.#count;
  }

  get max(): number | undefined {
    return this.#count === 0 ? undefined : this.#max;
  }

  add(value: number, times = 1): void {
    const bucket = sketchBucket(value);
    this.#counts.set(bucket, (this.#counts.get(bucket) ?? 0) + times);
    this.#count += times;
    if (value < this.#min) this.#min = value;
    if (value > this.#max) this.#max = value;
  }

  /** Adds every value that is not NaN. */
  addAll(values: Float64Array): void {
    const high = new Uint32Array(values.buffer, values.byteOffset, values.length * 2);
    const touched: number[] = [];
    let [min, max] = [this.#min, this.#max];
    for (let i = 0; i < values.length; i++) {
      const value = values[i] ?? NaN;
      if (value <= 0) this.add(value);
      if (!(value > 0)) continue;
      const bucket = (high[i * 2 + HIGH_WORD] ?? 0) >>> 14;
      const times = tally[bucket] ?? 0;
      if (times === 0) touched.push(bucket);
      tally[bucket] = times + 1;
      min = Math.min(min, value);
      max = Math.max(max, value);
    }
    for (const bucket of touched) {
      const times = tally[bucket] ?? 0;
      tally[bucket] = 0;
      this.#counts.set(bucket, (this.#counts.get(bucket) ?? 0) + times);
      this.#count += times;
    }
    this.#min = Math.min(this.#min, min);
    this.#max = Math.max(this.#max, max);
  }

  merge(other: DurationSketch): void {
    for (const [bucket, count] of other.#counts) this.#counts.set(bucket, (this.#counts.get(bucket) ?? 0) + count);
    this.#count += other.#count;
    this.#min = Math.min(this.#min, other.#min);
    this.#max = Math.max(this.#max, other.#max);
  }

  /** The value below which the share `q` (0…1) of all values lies; `undefined` of nothing. */
  quantile(q: number): number | undefined {
    if (this.#count === 0) return undefined;
    const rank = Math.max(1, Math.ceil(q * this.#count));
    let seen = 0;
    for (const { bucket, count } of this.buckets()) {
      seen += count;
      if (seen < rank) continue;
      const middle = (bucketStart(bucket) + bucketStart(bucket + 1)) / 2;
      return Math.min(this.#max, Math.max(this.#min, bucket > 0 ? middle : bucketStart(bucket)));
    }
    return this.#max;
  }

  /** Ascending by value. */
  buckets(): { bucket: number; count: number }[] {
    return [...this.#counts].map(([bucket, count]) => ({ bucket, count })).sort((a, b) => a.bucket - b.bucket);
  }

  /** For sidecar files: what `restore` takes. */
  snapshot(): { buckets: [bucket: number, count: number][]; min: number; max: number } {
    return { buckets: this.buckets().map(({ bucket, count }) => [bucket, count]), min: this.#min, max: this.#max };
  }

  static restore(from: { buckets: readonly (readonly [number, number])[]; min: number; max: number }): DurationSketch {
    const sketch = new DurationSketch();
    for (const [bucket, count] of from.buckets) {
      sketch.#counts.set(bucket, count);
      sketch.#count += count;
    }
    sketch.#min = from.min;
    sketch.#max = from.max;
    return sketch;
  }
}

/** Sub-buckets of one power of two. */
export const BUCKETS_PER_OCTAVE = 64;

/** Counts of one call of `addAll`, by bucket; all zero in between. */
const tally = new Uint32Array(1 << 17);
const float = new Float64Array(1);
const words = new Uint32Array(float.buffer);
const HIGH_WORD = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1 ? 1 : 0;

/** 0 for zero, -1 for anything below it, else the upper bits of the double. */
export function sketchBucket(value: number): number {
  if (!(value > 0)) return value < 0 ? -1 : 0;
  float[0] = value;
  return (words[HIGH_WORD] ?? 0) >>> 14;
}

/** The smallest value of a bucket. */
export function bucketStart(bucket: number): number {
  if (bucket <= 0) return 0;
  words[1 - HIGH_WORD] = 0;
  words[HIGH_WORD] = bucket << 14;
  return float[0] ?? 0;
}
