import { placeRows, rowsInView, rowsOf, type LaneFact, type LaneGroup, type PlacedRow } from './lane-rows.js';
import { overviewOf } from './minimap.js';
import { hitTest, paintLanes, type Hit, type LaneTheme, type Scene, type SliceRef } from './paint-lanes.js';
import { levelOf, rootTile, tilesOf } from './tile-grid.js';
import { MAX_DEPTH } from './pack-tile.js';
import { TileStore, type LoadTile } from './tile-store.js';
import type { Tile } from './tile.js';
import { clampView, panned, spanOf, usAt, wholeView, zoomAround, type TimeBounds, type TimeView } from './time-view.js';

/** A part of the time of some lanes, as the pointer drew it. */
export interface Area extends TimeView {
  readonly lanes: readonly string[];
}

export interface LaneViewState {
  readonly view: TimeView;
  readonly rows: readonly PlacedRow[];
  readonly rowsHeightPx: number;
  readonly scrollPx: number;
  /** Whether finer tiles are still to come. */
  readonly busy: boolean;
  /** Tiles that are there, of those that are wanted: in view, beside it, and the overview. */
  readonly progress: { readonly there: number; readonly wanted: number };
  /** Tiles in view of which only the density is shown, because they hold too many slices. */
  readonly cutTiles: number;
  readonly tileBytes: number;
}

interface LaneViewOptions {
  readonly bounds: TimeBounds;
  readonly facts: readonly LaneFact[];
  readonly load: LoadTile;
  readonly theme: LaneTheme;
  readonly groupOf?: (lane: LaneFact) => LaneGroup;
  readonly budgetBytes?: number;
  readonly onChange: (state: LaneViewState) => void;
  readonly onError: (error: unknown) => void;
  /** After every frame, for what is drawn beside the lanes. */
  readonly onFrame?: (view: TimeView) => void;
}

const BUDGET_BYTES = 96 << 20;
const AT_ONCE = 3;
/** How much coarser the tile is that is asked for first. */
const COARSE_LEVELS = 3;
const SHOWN_DEPTH = 12;
/** Moving on within this time cancels what would have been asked: a fast zoom crosses many levels. */
const SETTLE_MS = 90;

/**
 * The state of a timeline and what is drawn of it; knows no element of the page but the canvas it is given. Every change
 * asks for one frame, however many come between two frames.
 */
export class LaneView {
  readonly bounds: TimeBounds;
  readonly store: TileStore;
  #view: TimeView;
  #widthPx = 1;
  #heightPx = 1;
  #scrollPx = 0;
  #rows: { readonly rows: readonly PlacedRow[]; readonly height: number } = { rows: [], height: 0 };
  readonly #depths = new Map<string, number>();
  #folded = new Set<string>();
  #pinned = new Set<string>();
  #overview: Float32Array | undefined;
  #search = '';
  #selected: SliceRef | undefined;
  #theme: LaneTheme;
  #context: CanvasRenderingContext2D | undefined;
  #frame: number | undefined;
  #settle: ReturnType<typeof setTimeout> | undefined;
  #closed = false;
  #requested = false;

  constructor(private readonly options: LaneViewOptions) {
    this.bounds = options.bounds;
    this.#theme = options.theme;
    this.#view = wholeView(options.bounds);
    this.store = new TileStore(options.load, {
      budgetBytes: options.budgetBytes ?? BUDGET_BYTES,
      atOnce: AT_ONCE,
      onTile: (tile) => this.#tileArrived(tile),
      onError: options.onError,
    });
    this.#layOut();
  }

  /** Draws on this canvas from now on; `ratio` is device pixels per CSS pixel. */
  attach(canvas: HTMLCanvasElement, widthPx: number, heightPx: number, ratio: number): void {
    canvas.width = Math.round(widthPx * ratio);
    canvas.height = Math.round(heightPx * ratio);
    this.#context = canvas.getContext('2d', { alpha: false }) ?? undefined;
    this.#context?.setTransform(ratio, 0, 0, ratio, 0, 0);
    [this.#widthPx, this.#heightPx] = [Math.max(1, widthPx), Math.max(1, heightPx)];
    this.#scrollPx = this.#clampScroll(this.#scrollPx);
    this.paint();
    this.#request();
    this.#tell();
  }

  get view(): TimeView {
    return this.#view;
  }

  /** How full the whole trace is, 0…1 in equal parts; undefined until that is known. */
  get overview(): Float32Array | undefined {
    if (this.#overview !== undefined) return this.#overview;
    const root = this.store.get(rootTile(this.bounds.lengthUs));
    if (root !== undefined) this.#overview = overviewOf(root, this.bounds.lengthUs);
    return this.#overview;
  }

  get rows(): readonly PlacedRow[] {
    return this.#rows.rows;
  }

  setView(view: TimeView): void {
    this.#view = clampView(view, this.bounds);
    this.#changed();
  }

  showAll(): void {
    this.setView(wholeView(this.bounds));
  }

  /** `factor` below 1 zooms in; `x` stays where it is, the middle when absent. */
  zoom(factor: number, x: number = this.#widthPx / 2): void {
    const around = usAt(x, this.#view, this.#widthPx);
    this.#view = zoomAround(this.#view, around, factor, this.bounds);
    this.#changed();
  }

  panPx(dx: number): void {
    this.#view = panned(this.#view, (dx / this.#widthPx) * spanOf(this.#view), this.bounds);
    this.#changed();
  }

  scrollBy(dy: number): void {
    this.#scrollPx = this.#clampScroll(this.#scrollPx + dy);
    this.#changed();
  }

  search(text: string): void {
    this.#search = text.trim().toLowerCase();
    this.#draw();
  }

  select(slice: SliceRef | undefined): void {
    this.#selected = slice;
    this.#draw();
  }

  setTheme(theme: LaneTheme): void {
    this.#theme = theme;
    this.#draw();
  }

  setGroups(folded: Iterable<string>, pinned: Iterable<string>): void {
    [this.#folded, this.#pinned] = [new Set(folded), new Set(pinned)];
    this.#layOut();
    this.#changed();
  }

  /** Brings a slice into view with room around it, unless it is already there at a readable size. */
  reveal({ startUs, durUs, lane }: SliceRef): void {
    const span = spanOf(this.#view);
    const inView = startUs >= this.#view.fromUs && startUs + durUs <= this.#view.toUs;
    if (!inView || durUs < span / 400) {
      const wanted = Math.max(durUs * 8, Math.min(span, Math.max(durUs * 400, 200)));
      const middle = startUs + durUs / 2;
      this.#view = clampView({ fromUs: middle - wanted / 2, toUs: middle + wanted / 2 }, this.bounds);
    }
    const row = this.#rows.rows.find((candidate) => candidate.id === lane);
    if (row !== undefined && (row.top < this.#scrollPx || row.top + row.height > this.#scrollPx + this.#heightPx))
      this.#scrollPx = this.#clampScroll(row.top - this.#heightPx / 3);
    this.#changed();
  }

  hit(x: number, y: number): Hit | undefined {
    return hitTest(this.#scene(), x, y);
  }

  /** The lanes and the time of a rectangle on the canvas. */
  area(x0: number, y0: number, x1: number, y1: number): Area {
    const [left, right] = [Math.min(x0, x1), Math.max(x0, x1)];
    const [top, bottom] = [Math.min(y0, y1) + this.#scrollPx, Math.max(y0, y1) + this.#scrollPx];
    const touched = this.#rows.rows.filter((row) => row.top < bottom && row.top + row.height > top);
    const lanes = [...new Set(touched.flatMap((row) => row.lanes))];
    const [fromUs, toUs] = [left, right].map((x) => usAt(x, this.#view, this.#widthPx));
    return { fromUs: Math.max(0, fromUs ?? 0), toUs: Math.min(this.bounds.lengthUs, toUs ?? 0), lanes };
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#settle);
    if (this.#frame !== undefined) cancelAnimationFrame(this.#frame);
    this.store.clear();
  }

  #changed(): void {
    this.#draw();
    clearTimeout(this.#settle);
    this.#settle = setTimeout(() => this.#request(), SETTLE_MS);
    this.#tell();
  }

  #draw(): void {
    if (this.#closed) return;
    this.#frame ??= requestAnimationFrame(() => {
      this.#frame = undefined;
      this.paint();
    });
  }

  /** Draws now; public for measurements. */
  paint(): void {
    if (this.#context === undefined) return;
    paintLanes(this.#context, this.#scene());
    this.options.onFrame?.(this.#view);
  }

  #scene(): Scene {
    const level = levelOf(this.#view, this.#widthPx);
    const tiles = tilesOf(this.#view, level, this.bounds.lengthUs)
      .sort((a, b) => a.index - b.index)
      .map((key) => ({ key, tile: this.store.best(key) }));
    return {
      view: this.#view,
      widthPx: this.#widthPx,
      heightPx: this.#heightPx,
      scrollPx: this.#scrollPx,
      rows: rowsInView(this.#rows.rows, this.#scrollPx, this.#heightPx),
      tiles,
      theme: this.#theme,
      search: this.#search,
      selected: this.#selected,
    };
  }

  /**
   * The tile of the whole trace, alone, and one over all of the view, so that nothing is blank for long; the tiles of the
   * view; then those beside it, where panning finds them.
   */
  #request(): void {
    if (this.#closed) return;
    const level = levelOf(this.#view, this.#widthPx);
    const root = rootTile(this.bounds.lengthUs);
    const coarse = level + COARSE_LEVELS;
    const over = coarse < root.level ? tilesOf(this.#view, coarse, this.bounds.lengthUs) : [];
    const span = spanOf(this.#view);
    const wide = { fromUs: this.#view.fromUs - span / 2, toUs: this.#view.toUs + span / 2 };
    this.#requested = true;
    this.store.want([root, ...over, ...tilesOf(wide, level, this.bounds.lengthUs)], root);
    this.#tell();
  }

  #tileArrived(tile: Tile): void {
    if (this.#closed) return;
    let deeper = false;
    for (const [lane, { depth }] of tile.slices) {
      let most = this.#depths.get(lane) ?? 1;
      for (const row of depth) if (row >= most) most = row + 1;
      if (most > (this.#depths.get(lane) ?? 1)) {
        this.#depths.set(lane, Math.min(most, MAX_DEPTH, SHOWN_DEPTH));
        deeper = true;
      }
    }
    if (deeper) this.#layOut();
    this.#draw();
    this.#tell();
  }

  #layOut(): void {
    const { facts, groupOf } = this.options;
    const depthOf = (lane: string): number => this.#depths.get(lane) ?? 1;
    const choice = { folded: this.#folded, pinned: this.#pinned, depthOf, ...(groupOf && { groupOf }) };
    this.#rows = placeRows(rowsOf(facts, choice));
    this.#scrollPx = this.#clampScroll(this.#scrollPx);
  }

  #clampScroll(px: number): number {
    return Math.max(0, Math.min(px, this.#rows.height - this.#heightPx));
  }

  #tell(): void {
    if (this.#closed) return;
    const level = levelOf(this.#view, this.#widthPx);
    const tiles = tilesOf(this.#view, level, this.bounds.lengthUs);
    this.options.onChange({
      view: this.#view,
      rows: this.#rows.rows,
      rowsHeightPx: this.#rows.height,
      scrollPx: this.#scrollPx,
      // Before the first request nothing is on its way, and nothing is there either.
      busy: this.store.busy || !this.#requested,
      progress: this.store.progress,
      cutTiles: tiles.filter((key) => this.store.best(key)?.cut === true).length,
      tileBytes: this.store.bytes,
    });
  }
}
