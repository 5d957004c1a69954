import {
  useEffect,
  useRef,
  useState,
  type CSSProperties,
  type PointerEvent as ReactPointerEvent,
  type ReactNode,
} from 'react';
import { xOf, type Area, type Hit, type SliceRef } from '../../lanes/index.js';
import { formatCount, formatDurationUs } from '../../time/index.js';
import { CanvasStrip } from './canvas-strip.js';
import type { LaneSession } from './lane-session.js';

interface SurfaceProps {
  readonly session: LaneSession;
  /** A drag selects an area instead of moving the view. */
  readonly selecting: boolean;
  readonly area: Area | undefined;
  readonly onSlice: (slice: SliceRef | undefined) => void;
  readonly onArea: (area: Area | undefined) => void;
}

interface Drag {
  readonly kind: 'pan' | 'area';
  readonly startX: number;
  readonly startY: number;
  x: number;
  y: number;
  moved: boolean;
}

interface Tip {
  readonly x: number;
  readonly y: number;
  readonly text: string;
}

const CLICK_SLOP_PX = 4;
const ZOOM_PER_PX = 1.0025;

/** The canvas of the lanes and what the pointer does on it. */
export function LaneSurface({ session, selecting, area, onSlice, onArea }: SurfaceProps): ReactNode {
  const canvas = useRef<HTMLCanvasElement>(null);
  const drag = useRef<Drag>(undefined);
  const [box, setBox] = useState<Drag>();
  const [tip, setTip] = useState<Tip>();
  const { view } = session;
  useWheel(canvas, session);

  const placeOf = (event: { readonly clientX: number; readonly clientY: number }): { x: number; y: number } => {
    const { left, top } = canvas.current?.getBoundingClientRect() ?? { left: 0, top: 0 };
    return { x: event.clientX - left, y: event.clientY - top };
  };
  const onDown = (event: ReactPointerEvent<HTMLCanvasElement>): void => {
    if (event.button !== 0) return;
    event.currentTarget.setPointerCapture(event.pointerId);
    const { x, y } = placeOf(event);
    drag.current = { kind: selecting || event.shiftKey ? 'area' : 'pan', startX: x, startY: y, x, y, moved: false };
    setTip(undefined);
  };
  const onMove = (event: ReactPointerEvent<HTMLCanvasElement>): void => {
    const { x, y } = placeOf(event);
    const current = drag.current;
    if (current === undefined) {
      const text = tipText(view.hit(x, y));
      setTip(text === undefined ? undefined : { x, y, text });
      return;
    }
    if (current.kind === 'pan' && current.moved) {
      view.panPx(current.x - x);
      view.scrollBy(current.y - y);
    }
    current.moved ||= Math.abs(x - current.startX) + Math.abs(y - current.startY) > CLICK_SLOP_PX;
    [current.x, current.y] = [x, y];
    if (current.kind === 'area' && current.moved) setBox({ ...current });
  };
  const onUp = (event: ReactPointerEvent<HTMLCanvasElement>): void => {
    const current = drag.current;
    drag.current = undefined;
    setBox(undefined);
    if (current === undefined) return;
    const { x, y } = placeOf(event);
    if (!current.moved) onSlice(view.hit(x, y)?.slice);
    else if (current.kind === 'area') onArea(view.area(current.startX, current.startY, x, y));
  };
  return (
    <div className={`tl-lanes ${selecting ? 'selecting' : ''}`}>
      <CanvasStrip
        label="Timeline of the lanes; the keys are listed under ?"
        className="tl-fill"
        canvas={canvas}
        onSize={(element, { widthPx, heightPx }, ratio) => view.attach(element, widthPx, heightPx, ratio)}
        onPointerDown={onDown}
        onPointerMove={onMove}
        onPointerUp={onUp}
        onPointerLeave={() => setTip(undefined)}
        onDoubleClick={(event) => {
          const { x, y } = placeOf(event);
          const slice = view.hit(x, y)?.slice;
          if (slice === undefined) view.zoom(0.4, x);
          else
            view.setView({
              fromUs: slice.startUs - slice.durUs * 0.1 - 1,
              toUs: slice.startUs + slice.durUs * 1.1 + 1,
            });
        }}
      />
      {box !== undefined && <div className="tl-area" style={rectangleOf(box)} />}
      {box === undefined && area !== undefined && <AreaMark session={session} area={area} canvas={canvas.current} />}
      {tip !== undefined && <TipBox tip={tip} widthPx={canvas.current?.clientWidth ?? 0} />}
    </div>
  );
}

/** Ctrl and wheel zoom at the pointer, Shift or a sideways wheel pans, the wheel alone scrolls the rows. */
function useWheel(canvas: { readonly current: HTMLCanvasElement | null }, { view }: LaneSession): void {
  useEffect(() => {
    const element = canvas.current;
    if (element === null) return undefined;
    const onWheel = (event: WheelEvent): void => {
      event.preventDefault();
      const unit = event.deltaMode === 1 ? 16 : 1;
      const [dx, dy] = [event.deltaX * unit, event.deltaY * unit];
      if (event.ctrlKey || event.metaKey) view.zoom(ZOOM_PER_PX ** dy, event.offsetX);
      else if (event.shiftKey) view.panPx(dy + dx);
      else {
        if (dx !== 0) view.panPx(dx);
        if (dy !== 0) view.scrollBy(dy);
      }
    };
    // React listens passively, which cannot keep the browser from zooming the page.
    element.addEventListener('wheel', onWheel, { passive: false });
    return () => element.removeEventListener('wheel', onWheel);
  }, [canvas, view]);
}

function rectangleOf({ startX, startY, x, y }: Drag): CSSProperties {
  return {
    left: Math.min(startX, x),
    top: Math.min(startY, y),
    width: Math.abs(x - startX),
    height: Math.abs(y - startY),
  };
}

/** The time of the selected area, over all rows; moved with the view without rendering anew. */
function AreaMark({
  session,
  area,
  canvas,
}: {
  readonly session: LaneSession;
  readonly area: Area;
  readonly canvas: HTMLCanvasElement | null;
}): ReactNode {
  const mark = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const place = (): void => {
      const width = canvas?.clientWidth ?? 0;
      const view = session.view.view;
      const left = Math.max(-2, xOf(area.fromUs, view, width));
      const right = Math.min(width + 2, xOf(area.toUs, view, width));
      if (mark.current === null) return;
      mark.current.style.left = `${left}px`;
      mark.current.style.width = `${Math.max(0, right - left)}px`;
    };
    place();
    return session.onFrame(place);
  }, [session, area, canvas]);
  return <div ref={mark} className="tl-area" style={{ top: 0, bottom: 0 }} />;
}

function TipBox({ tip: { x, y, text }, widthPx }: { readonly tip: Tip; readonly widthPx: number }): ReactNode {
  const side = x > widthPx / 2 ? { right: widthPx - x + 10 } : { left: x + 14 };
  return (
    <div className="tl-tip" role="tooltip" style={{ top: y + 14, ...side }}>
      {text}
    </div>
  );
}

function tipText(hit: Hit | undefined): string | undefined {
  if (hit?.slice !== undefined) return `${hit.slice.name} · ${formatDurationUs(hit.slice.durUs)}`;
  if (hit?.block === undefined) return undefined;
  const { name, count, fromUs, toUs } = hit.block;
  const begins = `${formatCount(count)} ${count === 1 ? 'call begins' : 'calls begin'}`;
  return `mostly ${name} · ${begins} within ${formatDurationUs(toUs - fromUs)}`;
}
