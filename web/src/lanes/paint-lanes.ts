import { LINE_PX, type PlacedRow } from './lane-rows.js';
import { binUs, tileFromUs, tileUs, type TileKey } from './tile-grid.js';
import type { LaneDensity, LaneSlices, Tile } from './tile.js';
import { spanOf, type TimeView } from './time-view.js';

/** Colours of the theme, as the canvas takes them. */
export interface LaneTheme {
  readonly background: string;
  readonly group: string;
  readonly line: string;
  readonly text: string;
  readonly soft: string;
  readonly accent: string;
  readonly error: string;
  readonly waiting: string;
  readonly palette: readonly string[];
  readonly sliceText: string;
  readonly font: string;
}

/** A slice on the screen. */
export interface SliceRef {
  readonly lane: string;
  readonly name: string;
  readonly startUs: number;
  readonly durUs: number;
}

export interface Scene {
  readonly view: TimeView;
  readonly widthPx: number;
  readonly heightPx: number;
  readonly scrollPx: number;
  readonly rows: readonly PlacedRow[];
  /** The tiles of the view from left to right with the best that is there of each. */
  readonly tiles: readonly { readonly key: TileKey; readonly tile: Tile | undefined }[];
  readonly theme: LaneTheme;
  /** Names that contain it are drawn as usual, all others pale. */
  readonly search: string;
  readonly selected: SliceRef | undefined;
}

const LABEL_MIN_PX = 26;
const PALE = 0.22;
const CHAR_PX = 6.6;

/** Draws the lanes. Only what is in view is touched: the cost of a frame depends on pixels, not on events. */
export function paintLanes(context: CanvasRenderingContext2D, scene: Scene): void {
  const { theme, widthPx, heightPx, scrollPx } = scene;
  context.globalAlpha = 1;
  context.fillStyle = theme.background;
  context.fillRect(0, 0, widthPx, heightPx);
  context.font = theme.font;
  context.textBaseline = 'middle';
  for (const row of scene.rows) {
    const top = row.top - scrollPx;
    if (row.kind !== 'thread') {
      context.fillStyle = theme.group;
      context.fillRect(0, top, widthPx, row.height);
    }
    context.fillStyle = theme.line;
    context.fillRect(0, top + row.height - 1, widthPx, 1);
    for (const { key, tile } of scene.tiles) paintTile(context, scene, row, top, key, tile);
    // After all boxes: a name may reach over the edge of its tile.
    for (const { key, tile } of scene.tiles) paintNames(context, scene, row, top, key, tile);
    paintSelected(context, scene, row, top);
  }
}

function paintTile(
  context: CanvasRenderingContext2D,
  scene: Scene,
  row: PlacedRow,
  top: number,
  key: TileKey,
  tile: Tile | undefined,
): void {
  const { view, widthPx, theme } = scene;
  const scale = widthPx / spanOf(view);
  const fromUs = tileFromUs(key);
  const left = Math.max(0, Math.round((fromUs - view.fromUs) * scale));
  const right = Math.min(widthPx, Math.round((fromUs + tileUs(key.level) - view.fromUs) * scale));
  if (right <= left || row.lanes.length === 0) return;
  if (tile === undefined) {
    context.fillStyle = theme.waiting;
    context.fillRect(left, top + row.height / 2 - 1, right - left, 2);
    return;
  }
  const place = placeIn(row, top, left, right, scale);
  for (const lane of row.lanes) {
    const density = tile.density.get(lane);
    if (density !== undefined && !tile.complete) paintDensity(context, scene, place, tile, density);
  }
  for (const lane of row.lanes) {
    const slices = tile.slices.get(lane);
    if (slices !== undefined) paintSlices(context, scene, place, tile, slices);
  }
}

const placeIn = (row: PlacedRow, top: number, left: number, right: number, scale: number): Place => ({
  ...{ top: top + 2, left, right, scale, row },
  line: row.kind === 'thread' ? LINE_PX : row.height - 4,
});

interface Place {
  readonly top: number;
  /** Pixels of the tile that are in view; nothing is drawn outside. */
  readonly left: number;
  readonly right: number;
  readonly line: number;
  readonly scale: number;
  readonly row: PlacedRow;
}

/** Neighbours of one colour and nearly one height become one block: fewer, larger rectangles. */
function paintDensity(
  context: CanvasRenderingContext2D,
  { view, theme, search }: Scene,
  { top, left, right, line, scale }: Place,
  tile: Tile,
  { bin, busy, top: topName }: LaneDensity,
): void {
  const width = binUs(tile.level) * scale;
  const zero = (tileFromUs(tile) - view.fromUs) * scale;
  const full = line - 2;
  const at = firstAtLeast(bin, (left - zero) / width - 1);
  let [blockLeft, blockRight, colour, height] = [0, -1, -1, 0];
  const flush = (): void => {
    const from = Math.max(left, blockLeft);
    const to = Math.min(right, Math.max(blockRight, blockLeft + 1));
    if (to <= from || colour < 0) return;
    context.globalAlpha = matches(tile.names[colour], search) ? 0.75 : PALE;
    context.fillStyle = fillOf(theme, tile, colour);
    context.fillRect(from, top + full - height, to - from, height);
  };
  for (let i = at; i < bin.length; i++) {
    const x = zero + (bin[i] ?? 0) * width;
    if (x > right) break;
    const name = topName[i] ?? 0;
    // In quarters: what is nearly as high need not be drawn apart.
    const tall = Math.max(3, Math.ceil((busy[i] ?? 0) * 4) * (full / 4));
    if (name === colour && tall === height && x <= blockRight + 0.51) blockRight = x + width;
    else {
      flush();
      [blockLeft, blockRight, colour, height] = [x, x + width, name, tall];
    }
  }
  flush();
  context.globalAlpha = 1;
}

function paintSlices(
  context: CanvasRenderingContext2D,
  scene: Scene,
  place: Place,
  tile: Tile,
  slices: LaneSlices,
): void {
  const { startUs, durUs } = slices;
  const { scale, left, right } = place;
  for (let i = 0; i < startUs.length; i++) {
    const x = ((startUs[i] ?? 0) - scene.view.fromUs) * scale;
    if (x >= right) break;
    const end = x + Math.max(1, (durUs[i] ?? 0) * scale);
    if (end > left) paintSlice(context, scene, place, tile, slices, i, x, end);
  }
}

/** Slice `i`, which reaches from `x` to `end` on the screen and is cut at the edges of its tile. */
function paintSlice(
  context: CanvasRenderingContext2D,
  { theme, search }: Scene,
  place: Place,
  tile: Tile,
  slices: LaneSlices,
  i: number,
  x: number,
  end: number,
): void {
  const at = slices.name[i] ?? 0;
  const text = tile.names[at] ?? '';
  const from = Math.max(place.left, x);
  const width = Math.min(place.right, end) - from;
  const y = lineTop(place, slices.depth[i]);
  const height = place.line - 2;
  const pale = !matches(text, search);
  if (pale) context.globalAlpha = PALE;
  context.fillStyle = fillOf(theme, tile, at);
  // A gap of a pixel tells neighbours apart where there is room for it.
  context.fillRect(from, y, width > 3 && end <= place.right ? width - 1 : width, height);
  if (slices.failed[i] === 1) {
    context.fillStyle = theme.error;
    context.fillRect(from, y + height - 3, Math.max(2, width - 1), 3);
  }
  if (pale) context.globalAlpha = 1;
}

/** Names of the slices that come into view in this tile, and are wide enough. */
function paintNames(
  context: CanvasRenderingContext2D,
  scene: Scene,
  row: PlacedRow,
  top: number,
  key: TileKey,
  tile: Tile | undefined,
): void {
  if (tile === undefined) return;
  const { view, widthPx } = scene;
  const scale = widthPx / spanOf(view);
  const left = Math.max(0, (tileFromUs(key) - view.fromUs) * scale);
  const right = Math.min(widthPx, (tileFromUs(key) + tileUs(key.level) - view.fromUs) * scale);
  const place = placeIn(row, top, left, right, scale);
  for (const lane of row.lanes) {
    const slices = tile.slices.get(lane);
    if (slices !== undefined) paintLaneNames(context, scene, place, tile, slices);
  }
}

function paintLaneNames(
  context: CanvasRenderingContext2D,
  { view, widthPx, theme, search }: Scene,
  place: Place,
  tile: Tile,
  { startUs, durUs, name, depth }: LaneSlices,
): void {
  for (let i = 0; i < startUs.length; i++) {
    const x = ((startUs[i] ?? 0) - view.fromUs) * place.scale;
    if (x >= place.right) break;
    const from = Math.max(0, x);
    const width = Math.min(widthPx, x + (durUs[i] ?? 0) * place.scale) - from;
    if (width <= LABEL_MIN_PX || from < place.left) continue;
    const text = tile.names[name[i] ?? 0] ?? '';
    if (matches(text, search)) label(context, theme, text, from, width, lineTop(place, depth[i]) + place.line / 2 - 1);
  }
}

const fillOf = (theme: LaneTheme, { colours }: Tile, name: number): string =>
  theme.palette[colours[name] ?? 0] ?? theme.accent;

const lineTop = ({ top, line, row }: Place, depth = 0): number =>
  top + Math.min(depth, row.kind === 'thread' ? row.depth - 1 : 0) * line;

function label(
  context: CanvasRenderingContext2D,
  theme: LaneTheme,
  text: string,
  x: number,
  width: number,
  y: number,
): void {
  const room = Math.floor((width - 6) / CHAR_PX);
  if (room < 3) return;
  context.fillStyle = theme.sliceText;
  context.fillText(text.length > room ? `${text.slice(0, room - 1)}…` : text, x + 3, y);
}

function paintSelected(context: CanvasRenderingContext2D, scene: Scene, row: PlacedRow, top: number): void {
  const { view, widthPx, theme, tiles, selected } = scene;
  if (selected === undefined || !row.lanes.includes(selected.lane)) return;
  const scale = widthPx / spanOf(view);
  const x = (selected.startUs - view.fromUs) * scale;
  const from = Math.max(-2, x);
  const to = Math.min(widthPx + 2, x + Math.max(3, selected.durUs * scale));
  const depth = tiles.map(({ tile }) => depthOfSelected(tile, selected)).find((found) => found !== undefined);
  if (to <= from || depth === undefined) return;
  const place = placeIn(row, top, 0, widthPx, scale);
  context.strokeStyle = theme.text;
  context.lineWidth = 2;
  context.strokeRect(from + 1, lineTop(place, depth) + 1, Math.max(1, to - from - 2), place.line - 4);
}

function depthOfSelected(tile: Tile | undefined, selected: SliceRef): number | undefined {
  const slices = tile?.slices.get(selected.lane);
  if (tile === undefined || slices === undefined) return undefined;
  const { startUs, durUs, name, depth } = slices;
  for (let i = firstAtLeast(startUs, selected.startUs); startUs[i] === selected.startUs; i++)
    if (durUs[i] === selected.durUs && tile.names[name[i] ?? 0] === selected.name) return depth[i];
  return undefined;
}

export function matches(name: string | undefined, search: string): boolean {
  return search === '' || (name ?? '').toLowerCase().includes(search);
}

/** First place in an ascending array whose value is at least `value`. */
export function firstAtLeast(values: Uint16Array | Float64Array, value: number): number {
  let [low, high] = [0, values.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((values[middle] ?? 0) < value) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** What is drawn at a point: the innermost slice there, or the block of density. */
export function hitTest(scene: Scene, x: number, y: number): Hit | undefined {
  const row = scene.rows.find(({ top, height }) => y + scene.scrollPx >= top && y + scene.scrollPx < top + height);
  if (row === undefined) return undefined;
  const us = scene.view.fromUs + (x / scene.widthPx) * spanOf(scene.view);
  const found = scene.tiles.find(({ key }) => us >= tileFromUs(key) && us < tileFromUs(key) + tileUs(key.level));
  const tile = found?.tile;
  if (tile === undefined) return { row };
  const line = Math.floor((y + scene.scrollPx - row.top - 2) / LINE_PX);
  const slop = (2 * spanOf(scene.view)) / scene.widthPx;
  for (const lane of row.lanes) {
    const slice = sliceAt(tile, lane, us, row.kind === 'thread' ? line : undefined, row.depth, slop);
    if (slice !== undefined) return { row, slice };
  }
  for (const lane of row.lanes) {
    const block = tile.complete ? undefined : blockAt(tile, lane, us);
    if (block !== undefined) return { row, block };
  }
  return { row };
}

export interface Hit {
  readonly row: PlacedRow;
  readonly slice?: SliceRef;
  readonly block?: { readonly name: string; readonly count: number; readonly fromUs: number; readonly toUs: number };
}

function sliceAt(
  tile: Tile,
  lane: string,
  us: number,
  line: number | undefined,
  lines: number,
  slopUs: number,
): SliceRef | undefined {
  const slices = tile.slices.get(lane);
  if (slices === undefined) return undefined;
  const { startUs, durUs, name, depth } = slices;
  let best: SliceRef | undefined;
  for (let i = 0; i < startUs.length; i++) {
    const start = startUs[i] ?? 0;
    if (start > us + slopUs) break;
    const dur = durUs[i] ?? 0;
    if (start + Math.max(dur, slopUs) < us) continue;
    if (line !== undefined && Math.min(depth[i] ?? 0, lines - 1) !== line) continue;
    best = { lane, name: tile.names[name[i] ?? 0] ?? '', startUs: start, durUs: dur };
  }
  return best;
}

function blockAt(tile: Tile, lane: string, us: number): Hit['block'] {
  const density = tile.density.get(lane);
  if (density === undefined) return undefined;
  const width = binUs(tile.level);
  const number = Math.floor((us - tileFromUs(tile)) / width);
  const at = firstAtLeast(density.bin, number);
  if (density.bin[at] !== number) return undefined;
  const fromUs = tileFromUs(tile) + number * width;
  return { name: tile.names[density.top[at] ?? 0] ?? '', count: density.count[at] ?? 0, fromUs, toUs: fromUs + width };
}
