import type { OperationFigures } from './span-api.js';

/** One operation over time, a value for each slice; null where it was not called. */
export interface OperationSeries {
  /** Starts of the slices, epoch seconds. */
  readonly x: readonly number[];
  readonly p50: readonly (number | null)[];
  readonly p95: readonly (number | null)[];
  readonly p99: readonly (number | null)[];
  readonly calls: readonly number[];
  readonly failed: readonly number[];
}

/** Lays the slices of one operation on an axis without holes: a time without calls is a gap in the line and a zero in counts. */
export function operationSeries(
  rows: readonly OperationFigures[],
  name: string,
  { fromUs, toUs, bucketUs }: { readonly fromUs: number; readonly toUs: number; readonly bucketUs: number },
): OperationSeries {
  const bySlice = new Map(
    rows.filter((row) => row.name === name).map((row) => [sliceOf(row.bucketStartUs, bucketUs), row]),
  );
  const slices: number[] = [];
  for (let slice = sliceOf(fromUs, bucketUs); slice <= sliceOf(toUs, bucketUs); slice++) slices.push(slice);
  const at = (slice: number): OperationFigures | undefined => bySlice.get(slice);
  return {
    x: slices.map((slice) => (slice * bucketUs) / 1e6),
    p50: slices.map((slice) => at(slice)?.p50Us ?? null),
    p95: slices.map((slice) => at(slice)?.p95Us ?? null),
    p99: slices.map((slice) => at(slice)?.p99Us ?? null),
    calls: slices.map((slice) => at(slice)?.calls ?? 0),
    failed: slices.map((slice) => at(slice)?.failed ?? 0),
  };
}

const sliceOf = (us: number, bucketUs: number): number => Math.floor(us / bucketUs);
