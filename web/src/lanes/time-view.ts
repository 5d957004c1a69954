/**
 * A window of time on a strip of pixels. Times are µs from `originUs`, the first moment of the trace as an integer, so that a
 * microsecond of the year 2026 and a view of a nanosecond's width both stay exact: epoch µs take 51 of the 53 bits of a
 * double, offsets leave room for fractions.
 */
export interface TimeView {
  readonly fromUs: number;
  readonly toUs: number;
}

/** Where the trace lies. */
export interface TimeBounds {
  readonly originUs: bigint;
  readonly lengthUs: number;
}

/** Narrower makes no sense: a microsecond is what the clock of a trace tells. */
export const NARROWEST_US = 0.5;
/** How much of the window may show time before and after the trace. */
const MARGIN = 0.05;

export const spanOf = ({ fromUs, toUs }: TimeView): number => toUs - fromUs;

/** All of the trace with a little air. */
export function wholeView({ lengthUs }: TimeBounds): TimeView {
  const air = Math.max(NARROWEST_US, lengthUs * 0.01);
  return { fromUs: -air, toUs: lengthUs + air };
}

/** Width and place so that a part of the trace is in view. */
export function clampView(view: TimeView, bounds: TimeBounds): TimeView {
  const widest = Math.max(bounds.lengthUs * (1 + 2 * MARGIN), NARROWEST_US * 4);
  const wanted = spanOf(view);
  const span = Math.min(Math.max(Number.isFinite(wanted) ? wanted : widest, NARROWEST_US), widest);
  const middle = (view.fromUs + view.toUs) / 2;
  const [low, high] = [-span * MARGIN - MARGIN, bounds.lengthUs + span * MARGIN + MARGIN];
  const from = Math.min(Math.max(middle - span / 2, Math.min(low, high - span)), Math.max(low, high - span));
  return { fromUs: from, toUs: from + span };
}

/** Narrows (`factor` < 1) or widens around a moment that stays where it is on the screen. */
export function zoomAround(view: TimeView, aroundUs: number, factor: number, bounds: TimeBounds): TimeView {
  const span = Math.max(NARROWEST_US, spanOf(view) * factor);
  const share = (aroundUs - view.fromUs) / spanOf(view);
  const fromUs = aroundUs - share * span;
  return clampView({ fromUs, toUs: fromUs + span }, bounds);
}

export function panned(view: TimeView, byUs: number, bounds: TimeBounds): TimeView {
  return clampView({ fromUs: view.fromUs + byUs, toUs: view.toUs + byUs }, bounds);
}

export const xOf = (us: number, view: TimeView, widthPx: number): number =>
  ((us - view.fromUs) / spanOf(view)) * widthPx;

export const usAt = (x: number, view: TimeView, widthPx: number): number => view.fromUs + (x / widthPx) * spanOf(view);

/** A moment as epoch µs; fractions below a microsecond are dropped. */
export const epochUs = (us: number, { originUs }: TimeBounds): bigint => originUs + BigInt(Math.floor(us));

/** The offset of a moment; exact as long as it lies within 285 years of the origin. */
export const offsetUs = (epoch: bigint, { originUs }: TimeBounds): number => Number(epoch - originUs);

export interface Tick {
  readonly us: number;
  readonly label: string;
}

const UNITS = [
  { us: 3_600e6, name: 'h', steps: [1, 2, 6, 12, 24] },
  { us: 60e6, name: 'min', steps: [1, 2, 5, 10, 15, 30] },
] as const;

/** Round marks on the axis, about one each `apartPx`. Labels count from the beginning of the trace. */
export function ticksOf(view: TimeView, widthPx: number, apartPx = 120): Tick[] {
  const step = roundStep((spanOf(view) * apartPx) / widthPx);
  const ticks: Tick[] = [];
  const first = Math.ceil(view.fromUs / step);
  const last = Math.floor(view.toUs / step);
  for (let n = first; n <= last && ticks.length < 200; n++)
    ticks.push({ us: n * step, label: tickLabel(n * step, step) });
  return ticks;
}

function roundStep(least: number): number {
  for (const { us, steps } of UNITS)
    if (least > us / 2) return (steps.find((step) => step * us >= least) ?? Math.ceil(least / us)) * us;
  const power = 10 ** Math.floor(Math.log10(least));
  const factor = [1, 2, 5, 10].find((candidate) => candidate * power >= least * (1 - 1e-9)) ?? 10;
  return factor * power;
}

/** In the unit of the step, with the digits that tell neighbours apart. */
export function tickLabel(us: number, step: number): string {
  if (us === 0) return '0';
  if (step >= 60e6) {
    const minutes = Math.round(us / 60e6);
    const [hours, rest] = [Math.trunc(minutes / 60), Math.abs(minutes % 60)];
    return hours === 0 ? `${minutes} min` : `${hours} h${rest === 0 ? '' : ` ${rest} min`}`;
  }
  const [unit, name] =
    step >= 1e6 / 2 ? [1e6, 's'] : Math.abs(us) >= 1e6 ? [1e6, 's'] : Math.abs(us) >= 1e3 ? [1e3, 'ms'] : [1, 'µs'];
  const decimals = Math.max(0, Math.ceil(Math.log10(unit / step) - 1e-9));
  return `${(us / unit).toFixed(Math.min(decimals, 15))} ${name}`;
}
