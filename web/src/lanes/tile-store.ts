import { ancestorOf, TILE_BINS, tileText, type TileKey } from './tile-grid.js';
import type { Tile } from './tile.js';

/** Gets a tile. Rejects when it is cancelled or cannot be had. */
export type LoadTile = (key: TileKey, expectedEvents: number | undefined, signal: AbortSignal) => Promise<Tile>;

interface StoreOptions {
  readonly budgetBytes: number;
  /** Requests at a time: a browser has six connections to a server, and other views need some. */
  readonly atOnce: number;
  readonly onTile: (tile: Tile) => void;
  readonly onError: (error: unknown) => void;
}

const COARSER_LEVELS = 46;
const FAILED_AGAIN_AFTER_MS = 3_000;

/**
 * The tiles that are there, and the ones on their way. What a view no longer wants is cancelled; what was used longest ago
 * is dropped when the budget is used up.
 */
export class TileStore {
  /** In the order of their last use. */
  readonly #tiles = new Map<string, Tile>();
  readonly #loading = new Map<string, AbortController>();
  readonly #failedAtMs = new Map<string, number>();
  #wanted: readonly TileKey[] = [];
  #first: TileKey | undefined;
  #bytes = 0;

  constructor(
    private readonly load: LoadTile,
    private readonly options: StoreOptions,
  ) {}

  get bytes(): number {
    return this.#bytes;
  }

  get size(): number {
    return this.#tiles.size;
  }

  /** Whether a wanted tile is still to come. */
  get busy(): boolean {
    return this.#loading.size > 0;
  }

  get(key: TileKey): Tile | undefined {
    const text = tileText(key);
    const tile = this.#tiles.get(text);
    if (tile === undefined) return undefined;
    this.#tiles.delete(text);
    this.#tiles.set(text, tile);
    return tile;
  }

  /** The tile itself, or the finest coarser one that is there. */
  best(key: TileKey): Tile | undefined {
    for (let up = 0; up <= COARSER_LEVELS; up++) {
      const tile = this.get(ancestorOf(key, up));
      if (tile !== undefined) return tile;
    }
    return undefined;
  }

  has(key: TileKey): boolean {
    return this.#tiles.has(tileText(key));
  }

  /** How many of the wanted tiles are there, of how many. */
  get progress(): { readonly there: number; readonly wanted: number } {
    return { there: this.#wanted.filter((key) => this.has(key)).length, wanted: this.#wanted.length };
  }

  /**
   * Says what is wanted from now on, most urgent first.
   *
   * @param first asked for alone: a server that works on others at the same time would show nothing for longer
   */
  want(keys: readonly TileKey[], first?: TileKey): void {
    this.#wanted = keys;
    this.#first = first;
    const texts = new Set(keys.map(tileText));
    for (const [text, stop] of this.#loading) {
      if (texts.has(text)) continue;
      this.#loading.delete(text);
      stop.abort();
    }
    this.#start();
  }

  /** Asks at once for what failed; what is there stays. */
  retry(): void {
    this.#failedAtMs.clear();
    this.#start();
  }

  /** Forgets everything, for instance because other events are asked for. */
  clear(): void {
    this.want([]);
    this.#tiles.clear();
    this.#failedAtMs.clear();
    this.#bytes = 0;
  }

  #start(): void {
    for (const key of this.#awaitsFirst() ?? this.#wanted) {
      if (this.#loading.size >= this.options.atOnce) return;
      const text = tileText(key);
      if (this.#tiles.has(text) || this.#loading.has(text) || this.#hasFailed(text)) continue;
      const stop = new AbortController();
      this.#loading.set(text, stop);
      this.load(key, this.#expectedEvents(key), stop.signal).then(
        (tile) => this.#arrived(text, tile, stop),
        (error: unknown) => this.#failed(text, error, stop),
      );
    }
  }

  /** The first tile while it is still to come, unless it has just failed. */
  #awaitsFirst(): readonly TileKey[] | undefined {
    const key = this.#first;
    if (key === undefined || this.has(key) || this.#hasFailed(tileText(key))) return undefined;
    return [key];
  }

  #hasFailed(text: string): boolean {
    return Date.now() - (this.#failedAtMs.get(text) ?? -Infinity) < FAILED_AGAIN_AFTER_MS;
  }

  #arrived(text: string, tile: Tile, stop: AbortController): void {
    if (stop.signal.aborted) return;
    this.#loading.delete(text);
    this.#failedAtMs.delete(text);
    this.#tiles.set(text, tile);
    this.#bytes += tile.bytes;
    this.#evict();
    this.options.onTile(tile);
    this.#start();
  }

  #failed(text: string, error: unknown, stop: AbortController): void {
    if (stop.signal.aborted) return;
    this.#loading.delete(text);
    this.#failedAtMs.set(text, Date.now());
    this.options.onError(error);
    this.#start();
  }

  /** What is wanted now stays, even beyond the budget: dropping it would ask for it again at once. */
  #evict(): void {
    if (this.#bytes <= this.options.budgetBytes) return;
    const wanted = new Set(this.#wanted.map(tileText));
    for (const [text, tile] of this.#tiles) {
      if (this.#bytes <= this.options.budgetBytes) return;
      if (wanted.has(text)) continue;
      this.#tiles.delete(text);
      this.#bytes -= tile.bytes;
    }
  }

  /** An upper bound of the events of a tile, from the coarser ones around it. */
  #expectedEvents(key: TileKey): number | undefined {
    for (let up = 1; up <= COARSER_LEVELS; up++) {
      const ancestor = this.#tiles.get(tileText(ancestorOf(key, up)));
      if (ancestor !== undefined) return eventsWithin(ancestor, key, up);
    }
    return undefined;
  }
}

/** Events of a part of a tile, by the bins of its density. */
function eventsWithin(tile: Tile, { index }: TileKey, up: number): number {
  if (tile.density.size === 0) return tile.events;
  const bins = TILE_BINS / 2 ** up;
  const first = Math.floor((index - tile.index * 2 ** up) * bins);
  const last = Math.ceil(first + bins);
  let events = 0;
  for (const { bin, count } of tile.density.values())
    for (let at = 0; at < bin.length; at++) {
      const number = bin[at] ?? 0;
      if (number >= first && number < last) events += count[at] ?? 0;
    }
  return events;
}
