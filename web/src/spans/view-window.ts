/** The part of a trace that is drawn: nanoseconds after its start. */
export interface ViewWindow {
  readonly fromNs: number;
  readonly toNs: number;
}

const LEAST_NS = 1;

/** Reads `from-to` of an address; the whole trace when it is absent, empty or outside. */
export function readWindow(text: string, spanNs: number): ViewWindow {
  const [, from, to] = /^(\d{1,15})-(\d{1,15})$/.exec(text) ?? [];
  const window = { fromNs: Math.min(Number(from ?? 0), spanNs), toNs: Math.min(Number(to ?? spanNs), spanNs) };
  return window.toNs - window.fromNs < LEAST_NS ? { fromNs: 0, toNs: spanNs } : window;
}

/** The text that `readWindow` reads; '' for the whole. */
export function windowText({ fromNs, toNs }: ViewWindow, spanNs: number): string {
  const [from, to] = [Math.max(0, Math.floor(fromNs)), Math.min(spanNs, Math.ceil(toNs))];
  return from <= 0 && to >= spanNs ? '' : `${from}-${to}`;
}

/** Where something lies in the window, as parts of its width; undefined when it does not touch it. */
export function place(
  { fromNs, toNs }: ViewWindow,
  startNs: number,
  durationNs: number,
): { readonly left: number; readonly width: number } | undefined {
  const length = toNs - fromNs;
  const left = (startNs - fromNs) / length;
  const right = (startNs + durationNs - fromNs) / length;
  if (Number.isNaN(left) || left > 1 || right < 0) return undefined;
  const shown = Math.max(0, left);
  return { left: shown, width: Math.min(1, right) - shown };
}

/** Zooms around a point (part of the width) and stays inside the trace. */
export function zoom({ fromNs, toNs }: ViewWindow, factor: number, around: number, spanNs: number): ViewWindow {
  const length = Math.min(spanNs, Math.max(LEAST_NS, (toNs - fromNs) * factor));
  const centreNs = fromNs + (toNs - fromNs) * around;
  const start = Math.min(Math.max(0, centreNs - length * around), spanNs - length);
  return { fromNs: start, toNs: start + length };
}

/** Moves by a part of the window's length. */
export function pan({ fromNs, toNs }: ViewWindow, part: number, spanNs: number): ViewWindow {
  const length = toNs - fromNs;
  const start = Math.min(Math.max(0, fromNs + length * part), spanNs - length);
  return { fromNs: start, toNs: start + length };
}

const MINUTE_NS = 60e9;
/** Minutes and hours are not decimal. */
const LONG_STEPS = [1, 2, 5, 10, 15, 30, 60, 120, 360, 720, 1440].map((minutes) => minutes * MINUTE_NS);

/** Some five round marks for an axis. */
export function ticks({ fromNs, toNs }: ViewWindow): number[] {
  const rough = (toNs - fromNs) / 6;
  const power = 10 ** Math.floor(Math.log10(rough));
  const steps = rough > MINUTE_NS / 2 ? LONG_STEPS : [1, 2, 5, 10].map((factor) => factor * power);
  const step = steps.find((one) => one >= rough) ?? rough;
  const marks: number[] = [];
  for (let mark = Math.ceil(fromNs / step) * step; mark <= toNs; mark += step) marks.push(mark);
  return marks;
}
