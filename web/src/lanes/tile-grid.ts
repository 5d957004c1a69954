import { spanOf, type TimeView } from './time-view.js';

/**
 * Time is cut into tiles of `TILE_BINS` bins; on level `n` a bin is 2^n µs wide. A view shows the tiles of the level whose
 * bins are about a pixel wide, so that what was loaded once serves while panning and for small changes of the zoom.
 *
 * ```
 * level n     |        0        |        1        |   each TILE_BINS bins of 2^n µs
 * level n-1   |   0    |   1    |   2    |   3    |   halves of them
 * ```
 */
export const TILE_BINS = 512;

export interface TileKey {
  readonly level: number;
  readonly index: number;
}

const COARSEST = 45;

/** Bins at least half a pixel and less than a pixel wide. Level 0, a microsecond, is the finest. */
export function levelOf(view: TimeView, widthPx: number): number {
  const level = Math.floor(Math.log2(spanOf(view) / Math.max(1, widthPx)));
  return Math.min(Math.max(level, 0), COARSEST);
}

export const binUs = (level: number): number => 2 ** level;
export const tileUs = (level: number): number => TILE_BINS * 2 ** level;
export const tileFromUs = ({ level, index }: TileKey): number => index * tileUs(level);
export const tileText = ({ level, index }: TileKey): string => `${level}/${index}`;

/** The tiles of a level that a window touches, the middle ones first: that is where people look. */
export function tilesOf(view: TimeView, level: number, lengthUs: number): TileKey[] {
  const width = tileUs(level);
  const first = Math.floor(Math.max(0, view.fromUs) / width);
  const last = Math.floor(Math.min(Math.max(0, lengthUs), view.toUs) / width);
  const keys: TileKey[] = [];
  for (let index = first; index <= last; index++) keys.push({ level, index });
  const middle = (first + last) / 2;
  return keys.sort((a, b) => Math.abs(a.index - middle) - Math.abs(b.index - middle));
}

/** The tile `up` levels coarser that holds this one. */
export function ancestorOf({ level, index }: TileKey, up: number): TileKey {
  return { level: level + up, index: Math.floor(index / 2 ** up) };
}

/** The one tile that holds the whole trace: it stands in for all others until they come. */
export function rootTile(lengthUs: number): TileKey {
  return { level: Math.max(0, Math.ceil(Math.log2((lengthUs + 1) / TILE_BINS))), index: 0 };
}
