import { packTile, type DensityAnswer, type EventsAnswer } from './pack-tile.js';
import { TILE_BINS, tileFromUs, tileUs, type TileKey } from './tile-grid.js';
import type { Tile } from './tile.js';

/** Which events a timeline shows; passed on to the server as it is. */
export type EventChoice = Readonly<Record<string, string | number | readonly string[] | undefined>>;

/** Everything needed to get one tile, so that a worker can do it. */
export interface TileRequest {
  readonly key: TileKey;
  /** Epoch µs, exact. */
  readonly originUs: number;
  readonly choice: EventChoice;
  readonly expectedEvents: number | undefined;
}

/** Asks a route of the server; a path without leading `/`. */
export type Ask = (path: string, signal: AbortSignal) => Promise<unknown>;

/** Up to here every event of a tile is drawn as a slice, with its name and its errors. */
const FEW_EVENTS = 4_000;
/** Beyond, only those of this many bins or longer; and if even they are more than the limit, their density alone. */
const LONG_BINS = 3;
const MOST_SLICES = 6_000;

/**
 * Density of all events and the slices that are long enough to be seen; or, where there are few, every event as a slice.
 * Density is asked of `/api/v1/viz/density`, slices of `/api/v1/viz/events`.
 */
export async function requestTile(request: TileRequest, ask: Ask, signal: AbortSignal): Promise<Tile> {
  const { key, originUs, expectedEvents } = request;
  if (expectedEvents !== undefined && expectedEvents <= FEW_EVENTS) {
    const slices = (await ask(eventsPath(request, FEW_EVENTS + 1, 1), signal)) as EventsAnswer;
    if (!slices.metadata.truncated) return packTile(key, originUs, { slices, everyEvent: true });
  }
  const [density, long] = await Promise.all([
    ask(densityPath(request), signal) as Promise<DensityAnswer>,
    ask(eventsPath(request, MOST_SLICES, LONG_BINS), signal) as Promise<EventsAnswer>,
  ]);
  if (density.events > FEW_EVENTS) return packTile(key, originUs, { density, slices: long, everyEvent: false });
  const slices = (await ask(eventsPath(request, FEW_EVENTS * 4, 1), signal)) as EventsAnswer;
  return packTile(key, originUs, { density, slices, everyEvent: true });
}

function eventsPath(request: TileRequest, limit: number, longBins: number): string {
  // The server leaves out what is shorter than window / (viewport_width × level), nothing on level 1.
  const shortest =
    longBins === 1 ? { summary: 1 } : { summary: 2, viewport_width: Math.floor(TILE_BINS / longBins / 2) };
  return path('api/v1/viz/events', request, { ...shortest, overlap: 1, metadata: 'none', limit });
}

function densityPath(request: TileRequest): string {
  return path('api/v1/viz/density', request, { viewport_width: TILE_BINS });
}

function path(route: string, { key, originUs, choice }: TileRequest, more: EventChoice): string {
  const begin = originUs + tileFromUs(key);
  const window = { ts_normalize: 0, begin, end: begin + tileUs(key.level) };
  const parameters = new URLSearchParams();
  const all: EventChoice = { ...choice, ...window, ...more };
  for (const [name, value] of Object.entries(all))
    for (const one of [value].flat()) if (one !== undefined && one !== '') parameters.append(name, String(one));
  return `${route}?${parameters.toString()}`;
}
