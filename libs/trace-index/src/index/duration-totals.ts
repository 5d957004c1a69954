import { DurationSketch } from '../query/duration-sketch.js';
import type { DurationTotals } from '../query/file-summary.js';

/** What one chunk adds. */
export interface DurationPart {
  readonly durations: number;
  readonly durMin: number;
  readonly durMax: number;
  readonly durSum: number;
  /** Sum of the squared distances from the part's own mean. */
  readonly durSquares: number;
}

/** Joins counts, means and variances of parts (Chan et al.), so that no square of a large number is ever summed. */
export class DurationTotalsBuilder {
  #count = 0;
  #sum = 0;
  #mean = 0;
  #squares = 0;
  #min = Infinity;
  #max = -Infinity;

  add(part: DurationPart): void {
    const n = part.durations;
    if (n === 0) return;
    const count = this.#count + n;
    const delta = part.durSum / n - this.#mean;
    this.#squares += part.durSquares + (delta * delta * this.#count * n) / count;
    this.#mean += (delta * n) / count;
    this.#sum += part.durSum;
    this.#count = count;
    this.#min = Math.min(this.#min, part.durMin);
    this.#max = Math.max(this.#max, part.durMax);
  }

  totals(buckets: [bucket: number, count: number][]): DurationTotals {
    const count = this.#count;
    return {
      count,
      sumUs: this.#sum,
      minUs: count === 0 ? 0 : this.#min,
      maxUs: count === 0 ? 0 : this.#max,
      meanUs: count === 0 ? 0 : this.#sum / count,
      stddevUs: count < 2 ? 0 : Math.sqrt(this.#squares / (count - 1)),
      sketch: DurationSketch.restore({ buckets, min: this.#min, max: this.#max }),
    };
  }
}
