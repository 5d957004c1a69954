import { useEffect, useRef, type ReactNode } from 'react';
import { minimapGrip, paintMinimap, usAt, type LaneTheme, type TimeView } from '../../lanes/index.js';
import { CanvasStrip, sized, type StripSize } from './canvas-strip.js';
import type { LaneSession } from './lane-session.js';

interface MinimapProps {
  readonly session: LaneSession;
  readonly theme: LaneTheme;
}

/** The whole trace in a strip; its window is dragged, its edges too, and a drag beside it makes a new one. */
export function MinimapStrip({ session, theme }: MinimapProps): ReactNode {
  const canvas = useRef<HTMLCanvasElement>(null);
  const surface = useRef<{ context: CanvasRenderingContext2D; size: StripSize }>(undefined);
  const drag = useRef<{ grip: ReturnType<typeof minimapGrip>; atUs: number; view: TimeView }>(undefined);
  const { bounds } = session.view;
  const paint = (view: TimeView): void => {
    const { context, size } = surface.current ?? {};
    if (context !== undefined && size !== undefined)
      paintMinimap(context, { overview: session.view.overview, view, bounds, ...size, theme });
  };
  useEffect(() => {
    paint(session.view.view);
    return session.onFrame(paint);
  });

  const whole = { fromUs: 0, toUs: bounds.lengthUs };
  const usOf = (event: { readonly clientX: number }): number => {
    const { left, width } = canvas.current?.getBoundingClientRect() ?? { left: 0, width: 1 };
    return usAt(event.clientX - left, whole, width);
  };
  return (
    <CanvasStrip
      label="The whole trace; drag the window to move through it"
      className="tl-minimap"
      canvas={canvas}
      onSize={(element, size, ratio) => {
        const context = sized(element, size, ratio);
        surface.current = context && { context, size };
        paint(session.view.view);
      }}
      onPointerDown={(event) => {
        event.currentTarget.setPointerCapture(event.pointerId);
        const { left, width } = event.currentTarget.getBoundingClientRect();
        const view = session.view.view;
        drag.current = { grip: minimapGrip(event.clientX - left, view, bounds, width), atUs: usOf(event), view };
      }}
      onPointerMove={(event) => {
        if (drag.current !== undefined) session.view.setView(draggedView(drag.current, usOf(event)));
      }}
      onPointerUp={() => {
        drag.current = undefined;
      }}
    />
  );
}

function draggedView(
  { grip, atUs, view }: { readonly grip: string; readonly atUs: number; readonly view: TimeView },
  us: number,
): TimeView {
  if (grip === 'move') return { fromUs: view.fromUs + us - atUs, toUs: view.toUs + us - atUs };
  if (grip === 'left') return { fromUs: Math.min(us, view.toUs - 1), toUs: view.toUs };
  if (grip === 'right') return { fromUs: view.fromUs, toUs: Math.max(us, view.fromUs + 1) };
  return us === atUs ? view : { fromUs: Math.min(us, atUs), toUs: Math.max(us, atUs) };
}
