import type { LaneTheme } from './paint-lanes.js';
import { binUs } from './tile-grid.js';
import type { Tile } from './tile.js';
import { xOf, type TimeBounds, type TimeView } from './time-view.js';

/** How full the whole trace is: what happens in all lanes of each bin of its coarsest tile, 0…1 of the fullest. */
export function overviewOf(root: Tile, lengthUs: number): Float32Array {
  const width = binUs(root.level);
  const sums = new Float32Array(Math.max(1, Math.floor(lengthUs / width) + 1));
  const add = (bin: number, value: number): void => {
    if (bin >= 0 && bin < sums.length) sums[bin] = (sums[bin] ?? 0) + value;
  };
  // Events without a length show, too.
  for (const { bin, busy, count } of root.complete ? [] : root.density.values())
    bin.forEach((number, at) => add(number, (busy[at] ?? 0) + (count[at] ?? 0) * 1e-6));
  for (const { startUs, durUs, depth } of root.complete ? root.slices.values() : [])
    startUs.forEach((start, at) => {
      // Calls inside calls are the same time.
      if (depth[at] === 0) addSlice(add, start / width, (durUs[at] ?? 0) / width);
    });
  const most = sums.reduce((high, value) => Math.max(high, value), 0);
  // The root lifts what is low: a quiet part is to be told from an empty one.
  return most === 0 ? sums : sums.map((value) => Math.sqrt(value / most));
}

/** Spreads a slice over the bins that it touches; start and length in bins. */
function addSlice(add: (bin: number, value: number) => void, start: number, length: number): void {
  const end = start + Math.max(length, 1e-6);
  for (let bin = Math.floor(start); bin < end && bin < 1024; bin++)
    add(bin, Math.min(end, bin + 1) - Math.max(start, bin));
}

interface MinimapScene {
  readonly overview: Float32Array | undefined;
  readonly view: TimeView;
  readonly bounds: TimeBounds;
  readonly widthPx: number;
  readonly heightPx: number;
  readonly theme: LaneTheme;
}

/** The whole trace in a strip with the window of the view in it. */
export function paintMinimap(context: CanvasRenderingContext2D, scene: MinimapScene): void {
  const { overview, view, bounds, widthPx, heightPx, theme } = scene;
  context.globalAlpha = 1;
  context.fillStyle = theme.group;
  context.fillRect(0, 0, widthPx, heightPx);
  context.fillStyle = theme.soft;
  const bins = overview?.length ?? 0;
  const width = widthPx / Math.max(1, bins);
  for (let bin = 0; bin < bins; bin++) {
    const share = overview?.[bin] ?? 0;
    if (share === 0) continue;
    const height = Math.max(1, share * (heightPx - 4));
    context.fillRect(bin * width, heightPx - height, Math.max(1, width), height);
  }
  const whole = { fromUs: 0, toUs: bounds.lengthUs };
  const left = Math.max(0, xOf(view.fromUs, whole, widthPx));
  const right = Math.min(widthPx, xOf(view.toUs, whole, widthPx));
  context.fillStyle = theme.background;
  context.globalAlpha = 0.6;
  context.fillRect(0, 0, left, heightPx);
  context.fillRect(right, 0, widthPx - right, heightPx);
  context.globalAlpha = 1;
  context.strokeStyle = theme.accent;
  context.lineWidth = 2;
  context.strokeRect(left + 1, 1, Math.max(2, right - left - 2), heightPx - 2);
}

const GRIP_PX = 6;

/** What a drag that begins at `x` does to the window: an edge, the whole of it, or a new one. */
export function minimapGrip(
  x: number,
  view: TimeView,
  bounds: TimeBounds,
  widthPx: number,
): 'left' | 'right' | 'move' | 'new' {
  const whole = { fromUs: 0, toUs: bounds.lengthUs };
  const [left, right] = [xOf(view.fromUs, whole, widthPx), xOf(view.toUs, whole, widthPx)];
  if (Math.abs(x - left) <= GRIP_PX) return 'left';
  if (Math.abs(x - right) <= GRIP_PX) return 'right';
  // A window over everything cannot be moved: a drag there means a new one.
  return x > left && x < right && right - left < widthPx * 0.95 ? 'move' : 'new';
}
