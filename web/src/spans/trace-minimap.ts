import type { TraceColumns } from './trace-columns.js';

/** A trace as a small picture: `columns` slices of time by `bands` groups of rows. */
export interface Minimap {
  readonly columns: number;
  readonly bands: number;
  /** Spans in each cell, band by band. */
  readonly spans: Uint32Array;
  /** Failed spans in each cell. */
  readonly failed: Uint32Array;
  readonly mostSpans: number;
}

/**
 * Counts the spans of each cell. A span that lasts over many columns costs as much as a short one: it is noted where it
 * begins and where it ends, and the cells are added up once.
 */
export function minimapOf(trace: TraceColumns, spanNs: number, columns: number, bands: number): Minimap {
  const width = columns + 1;
  const spans = new Int32Array(width * bands);
  const failed = new Int32Array(width * bands);
  const columnOf = (ns: number): number =>
    spanNs <= 0 ? 0 : Math.min(columns - 1, Math.max(0, Math.floor((ns / spanNs) * columns)));
  for (let place = 0; place < trace.total; place++) {
    const startNs = trace.startNs[place] ?? NaN;
    if (Number.isNaN(startNs)) continue;
    const row = Math.floor((place / trace.total) * bands) * width;
    const from = row + columnOf(startNs);
    const to = row + columnOf(startNs + (trace.durationNs[place] ?? 0)) + 1;
    for (const counts of trace.failed[place] === 1 ? [spans, failed] : [spans]) {
      counts[from] = (counts[from] ?? 0) + 1;
      counts[to] = (counts[to] ?? 0) - 1;
    }
  }
  const total = addedUp(spans, columns, bands);
  return {
    columns,
    bands,
    spans: total,
    failed: addedUp(failed, columns, bands),
    mostSpans: total.reduce((most, count) => Math.max(most, count), 0),
  };
}

function addedUp(changes: Int32Array, columns: number, bands: number): Uint32Array {
  const cells = new Uint32Array(columns * bands);
  for (let band = 0; band < bands; band++) {
    let count = 0;
    for (let column = 0; column < columns; column++) {
      count += changes[band * (columns + 1) + column] ?? 0;
      cells[band * columns + column] = count;
    }
  }
  return cells;
}
