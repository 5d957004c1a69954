const SUB_BITS = 5;
const SUB_BUCKETS = 1 << SUB_BITS;
/** Exact up to 64 ns, then 32 buckets per power of two up to 2^53 ns (104 days). */
const BUCKETS = (53 - SUB_BITS + 1) * SUB_BUCKETS;
const TWO_31 = 2 ** 31;

/** Bucket bounds are at most this part of the value apart, so a quantile is at most this much too high. */
export const HISTOGRAM_ERROR = 1 / SUB_BUCKETS;

/**
 * Durations in a fixed 6 KB, whatever their number: log-linear buckets.
 *
 * ```
 *   0 1 2 … 31 | 32 33 … 63 | 64 66 68 … 126 | 128 132 … 252 | …      every octave has 32 buckets
 * ```
 */
export class DurationHistogram {
  readonly #counts = new Float64Array(BUCKETS);
  #total = 0;

  /** @param ns from 0 to 2^53 - 1 */
  record(ns: number): void {
    const bucket = bucketOf(ns);
    this.#counts[bucket] = (this.#counts[bucket] ?? 0) + 1;
    this.#total++;
  }

  /**
   * The smallest bound that at least `part` of the durations do not exceed; 0 when there are none.
   * Never below the true quantile and at most `HISTOGRAM_ERROR` above it.
   */
  quantile(part: number): number {
    const wanted = Math.max(1, Math.ceil(part * this.#total));
    let seen = 0;
    for (let bucket = 0; bucket < BUCKETS; bucket++) {
      seen += this.#counts[bucket] ?? 0;
      if (seen >= wanted) return upperBoundOf(bucket);
    }
    return 0;
  }
}

function bucketOf(ns: number): number {
  if (ns < TWO_31) return smallBucketOf(ns | 0);
  // The top 31 bits decide; the shift is a division because the value has more than 32 bits.
  const exponent = Math.floor(Math.log2(ns)) - 30;
  const scaled = Math.floor(ns / 2 ** exponent);
  if (scaled >= TWO_31) return smallBucketOf(Math.floor(scaled / 2)) + (exponent + 1) * SUB_BUCKETS;
  if (scaled < TWO_31 / 2) return smallBucketOf(Math.floor(ns / 2 ** (exponent - 1))) + (exponent - 1) * SUB_BUCKETS;
  return smallBucketOf(scaled) + exponent * SUB_BUCKETS;
}

function smallBucketOf(ns: number): number {
  if (ns < SUB_BUCKETS) return ns;
  const shift = 31 - Math.clz32(ns) - SUB_BITS;
  return shift * SUB_BUCKETS + (ns >>> shift);
}

/** The largest value that falls into a bucket. */
function upperBoundOf(bucket: number): number {
  if (bucket < 2 * SUB_BUCKETS) return bucket;
  const shift = Math.floor(bucket / SUB_BUCKETS) - 1;
  const first = bucket - shift * SUB_BUCKETS;
  return (first + 1) * 2 ** shift - 1;
}
