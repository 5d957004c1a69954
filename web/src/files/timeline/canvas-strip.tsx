import { useEffect, useRef, type PointerEvent as ReactPointerEvent, type ReactNode, type RefObject } from 'react';

export interface StripSize {
  readonly widthPx: number;
  readonly heightPx: number;
}

interface CanvasStripProps {
  readonly label: string;
  readonly className: string;
  readonly canvas: RefObject<HTMLCanvasElement | null>;
  /** Told its size whenever that changes. */
  readonly onSize: (canvas: HTMLCanvasElement, size: StripSize, ratio: number) => void;
  readonly onPointerDown?: (event: ReactPointerEvent<HTMLCanvasElement>) => void;
  readonly onPointerMove?: (event: ReactPointerEvent<HTMLCanvasElement>) => void;
  readonly onPointerUp?: (event: ReactPointerEvent<HTMLCanvasElement>) => void;
  readonly onPointerLeave?: () => void;
  readonly onDoubleClick?: (event: { readonly clientX: number; readonly clientY: number }) => void;
}

/** A canvas as large as its box, sharp on every screen. */
export function CanvasStrip({ label, className, canvas, onSize, ...pointer }: CanvasStripProps): ReactNode {
  const box = useRef<HTMLDivElement>(null);
  const latest = useRef(onSize);
  latest.current = onSize;
  useEffect(() => {
    const [element, parent] = [canvas.current, box.current];
    if (element === null || parent === null) return undefined;
    const watch = new ResizeObserver(() => {
      const { width, height } = parent.getBoundingClientRect();
      if (width > 0 && height > 0)
        latest.current(element, { widthPx: width, heightPx: height }, window.devicePixelRatio || 1);
    });
    watch.observe(parent);
    return () => {
      watch.disconnect();
    };
  }, [canvas]);
  return (
    <div ref={box} className={className}>
      <canvas ref={canvas} role="img" aria-label={label} {...pointer} />
    </div>
  );
}

/** Prepares a canvas of a size for drawing in CSS pixels. */
export function sized(
  canvas: HTMLCanvasElement,
  { widthPx, heightPx }: StripSize,
  ratio: number,
): CanvasRenderingContext2D | undefined {
  canvas.width = Math.round(widthPx * ratio);
  canvas.height = Math.round(heightPx * ratio);
  const context = canvas.getContext('2d', { alpha: false }) ?? undefined;
  context?.setTransform(ratio, 0, 0, ratio, 0, 0);
  return context;
}
