import { TraceColumns, type TraceRow } from '../trace-columns.js';

/** A span of a test, in drawing order; times are nanoseconds after the start of the trace. */
export interface DrawnSpan {
  readonly depth: number;
  readonly name: string;
  readonly startNs?: number;
  readonly durationNs?: number;
  readonly service?: string;
  readonly failed?: boolean;
  readonly id?: string;
}

const ORIGIN_NS = 1_795_000_000_000_000_000n;

/** Rows as the server sends them. */
export function rowsOf(spans: readonly DrawnSpan[]): TraceRow[] {
  const descendants = new Int32Array(spans.length);
  const open: number[] = [];
  const close = (depth: number, place: number): void => {
    while (open.length > depth) {
      const done = open.pop() ?? 0;
      descendants[done] = place - done - 1;
    }
  };
  for (const [place, { depth }] of spans.entries()) {
    close(depth, place);
    open.push(place);
  }
  close(0, spans.length);
  return spans.map(({ depth, name, startNs, durationNs, service = 'shop', failed, id }, place) => ({
    depth,
    children: 0,
    descendants: descendants[place] ?? 0,
    id: id ?? place.toString(16).padStart(16, '0'),
    name,
    service,
    ...(startNs !== undefined && { startNs: (ORIGIN_NS + BigInt(startNs)).toString() }),
    ...(durationNs !== undefined && { durationNs: String(durationNs) }),
    ...(failed === true && { failed }),
    attributes: {},
  }));
}

/** A whole trace, loaded. */
export function drawn(spans: readonly DrawnSpan[]): TraceColumns {
  const trace = new TraceColumns(spans.length, ORIGIN_NS);
  trace.put(0, rowsOf(spans));
  return trace;
}
