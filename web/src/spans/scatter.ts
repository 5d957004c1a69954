/** A trace as a dot: when it began, how long it took. */
export interface ScatterTrace {
  readonly traceId: string;
  readonly startUs?: number;
  readonly durationUs?: number;
  readonly errorCount: number;
  readonly spanCount: number;
}

export interface ScatterDot {
  /** Place in the list of traces. */
  readonly at: number;
  readonly x: number;
  readonly y: number;
  readonly radius: number;
  readonly failed: boolean;
}

export interface Tick {
  readonly value: number;
  readonly at: number;
}

export interface Scatter {
  readonly dots: readonly ScatterDot[];
  /** Traces without a time or a duration. */
  readonly left: number;
  readonly fromUs: number;
  readonly toUs: number;
  /** Durations at powers of ten, microseconds. */
  readonly rows: readonly Tick[];
}

/** Inner area in pixels. */
export interface ScatterSize {
  readonly width: number;
  readonly height: number;
}

/**
 * Places dots: time to the right, duration upwards on a logarithmic scale, so that what takes a thousand times longer
 * does not press all else into one line.
 */
export function scatterOf(traces: readonly ScatterTrace[], { width, height }: ScatterSize): Scatter {
  const known = traces.flatMap(({ startUs, durationUs, errorCount, spanCount }, at) =>
    startUs === undefined || durationUs === undefined
      ? []
      : [{ at, startUs, durationUs: Math.max(1, durationUs), failed: errorCount > 0, spanCount }],
  );
  const starts = known.map(({ startUs }) => startUs);
  const fromUs = starts.reduce((least, us) => Math.min(least, us), Infinity);
  const toUs = starts.reduce((most, us) => Math.max(most, us), -Infinity);
  const exponents = known.map(({ durationUs }) => Math.log10(durationUs));
  const low = Math.floor(exponents.reduce((least, e) => Math.min(least, e), Infinity));
  const high = Math.max(low + 1, Math.ceil(exponents.reduce((most, e) => Math.max(most, e), -Infinity)));
  const y = (exponent: number): number => height - ((exponent - low) / (high - low)) * height;
  const dots = known.map(({ at, startUs, durationUs, failed, spanCount }) => ({
    at,
    x: toUs === fromUs ? width / 2 : ((startUs - fromUs) / (toUs - fromUs)) * width,
    y: y(Math.log10(durationUs)),
    radius: 3 + Math.min(9, Math.log2(Math.max(1, spanCount)) * 0.7),
    failed,
  }));
  const rows =
    known.length === 0
      ? []
      : Array.from({ length: high - low + 1 }, (_, step) => ({ value: 10 ** (low + step), at: y(low + step) }));
  return { dots, left: traces.length - known.length, fromUs, toUs, rows };
}

/** The dot at a point, or the nearest within reach; of several at one place the last, which is drawn on top. */
export function dotAt({ dots }: Scatter, x: number, y: number, reach = 6): ScatterDot | undefined {
  let best: ScatterDot | undefined;
  let bestDistance = Infinity;
  for (const dot of dots) {
    const distance = Math.hypot(dot.x - x, dot.y - y) - dot.radius;
    if (distance > reach || distance > bestDistance) continue;
    best = dot;
    bestDistance = distance;
  }
  return best;
}
