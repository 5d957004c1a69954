import type { LaneTheme } from './paint-lanes.js';
import { ticksOf, xOf, type TimeView } from './time-view.js';

/** The marks of the time axis with their labels, counted from the beginning of the trace. */
export function paintAxis(
  context: CanvasRenderingContext2D,
  view: TimeView,
  size: { readonly widthPx: number; readonly heightPx: number },
  theme: LaneTheme,
): void {
  const { widthPx, heightPx } = size;
  context.globalAlpha = 1;
  context.fillStyle = theme.background;
  context.fillRect(0, 0, widthPx, heightPx);
  context.font = theme.font;
  context.textBaseline = 'middle';
  for (const { us, label } of ticksOf(view, widthPx)) {
    const x = Math.round(xOf(us, view, widthPx));
    context.fillStyle = theme.line;
    context.fillRect(x, 0, 1, heightPx);
    context.fillStyle = theme.soft;
    // Half a number is another number.
    if (x + 4 + context.measureText(label).width <= widthPx) context.fillText(label, x + 4, heightPx / 2);
  }
}
