import type { TileKey } from './tile-grid.js';

/** Slices of one lane in one tile: parallel arrays, ordered by start, longer ones first. */
export interface LaneSlices {
  /** µs from the origin. */
  readonly startUs: Float64Array;
  readonly durUs: Float64Array;
  /** Index in `Tile.names`. */
  readonly name: Uint32Array;
  /** How many calls of the same lane are around it. */
  readonly depth: Uint8Array;
  /** 1: the call failed. */
  readonly failed: Uint8Array;
}

/** How full the bins of one lane are; only bins in which something happens. */
export interface LaneDensity {
  readonly bin: Uint16Array;
  readonly count: Uint32Array;
  /** Share of the bin in which calls ran, 0…1; calls beside each other count once. */
  readonly busy: Float32Array;
  /** Index in `Tile.names` of the call that was there longest. */
  readonly top: Uint32Array;
}

/** What is known of a part of the time. */
export interface Tile extends TileKey {
  readonly names: readonly string[];
  /** Place in the palette of each name. */
  readonly colours: Uint8Array;
  readonly slices: ReadonlyMap<string, LaneSlices>;
  readonly density: ReadonlyMap<string, LaneDensity>;
  /** Events that begin in it, as far as counted. */
  readonly events: number;
  /** Every event is a slice: nothing is shown as density. */
  readonly complete: boolean;
  /** There were too many slices: only their density is shown. */
  readonly cut: boolean;
  readonly maxDepth: number;
  readonly bytes: number;
}

/** `pid:tid`, by which slices, density and rows find each other. */
export const laneKey = (pid: unknown, tid: unknown): string => `${numberText(pid)}:${numberText(tid)}`;

/** Traces of 2023 have their numbers in quotes. */
function numberText(value: unknown): string {
  return typeof value === 'number' || (typeof value === 'string' && value !== '') ? String(Number(value)) : '';
}
