import { colourIndex } from './colours.js';
import { binUs, type TileKey } from './tile-grid.js';
import { laneKey, type LaneDensity, type LaneSlices, type Tile } from './tile.js';

/** `/api/v1/viz/density`, as far as it is drawn. */
export interface DensityAnswer {
  readonly events: number;
  readonly names: readonly string[];
  readonly lanes: readonly {
    readonly pid: number | null;
    readonly tid: number | null;
    readonly bin: readonly number[];
    readonly count: readonly number[];
    readonly busy_us: readonly number[];
    readonly top: readonly number[];
  }[];
}

/** A record of `/api/v1/viz/events`, as far as it is drawn. Traces of 2023 have their numbers in quotes. */
export interface EventRecord {
  readonly name?: unknown;
  readonly pid?: unknown;
  readonly tid?: unknown;
  readonly ts?: unknown;
  readonly dur?: unknown;
  readonly ph?: unknown;
  readonly args?: unknown;
}

export interface EventsAnswer {
  readonly events: readonly EventRecord[];
  readonly metadata: { readonly truncated: boolean };
}

/** Rows of calls inside calls that are told apart; deeper ones share the last. */
export const MAX_DEPTH = 16;

interface Parts {
  readonly density?: DensityAnswer | undefined;
  readonly slices?: EventsAnswer | undefined;
  /** Whether `slices` was asked for events of any length. */
  readonly everyEvent: boolean;
}

/** Makes a tile of the answers of the server. `originUs` is subtracted from the times of the events. */
export function packTile(key: TileKey, originUs: number, { density, slices, everyEvent }: Parts): Tile {
  const names = new NameTable();
  const cut = slices?.metadata.truncated === true;
  const lanes =
    slices === undefined || cut ? new Map<string, LaneSlices>() : packSlices(slices.events, originUs, names);
  const dense = density === undefined ? new Map<string, LaneDensity>() : packDensity(density, binUs(key.level), names);
  let [bytes, maxDepth, shown] = [names.bytes + 200, 0, 0];
  for (const { startUs, depth } of lanes.values()) {
    bytes += startUs.length * 22 + 300;
    shown += startUs.length;
    maxDepth = depth.reduce((most, row) => Math.max(most, row), maxDepth);
  }
  for (const { bin } of dense.values()) bytes += bin.length * 14 + 300;
  const complete = everyEvent && slices !== undefined && !cut;
  return {
    ...key,
    names: names.list,
    colours: Uint8Array.from(names.list, colourIndex),
    slices: lanes,
    density: dense,
    events: density?.events ?? shown,
    ...{ complete, cut, maxDepth, bytes },
  };
}

class NameTable {
  readonly list: string[] = [];
  readonly #at = new Map<string, number>();
  bytes = 0;

  indexOf(name: string): number {
    let at = this.#at.get(name);
    if (at === undefined) {
      at = this.list.push(name) - 1;
      this.#at.set(name, at);
      this.bytes += name.length * 2 + 32;
    }
    return at;
  }
}

function packDensity(answer: DensityAnswer | undefined, widthUs: number, names: NameTable): Map<string, LaneDensity> {
  const nameAt = (answer?.names ?? []).map((name) => names.indexOf(name));
  const lanes = new Map<string, LaneDensity>();
  for (const { pid, tid, bin, count, busy_us: busyUs, top } of answer?.lanes ?? [])
    lanes.set(laneKey(pid, tid), {
      bin: Uint16Array.from(bin),
      count: Uint32Array.from(count),
      busy: Float32Array.from(busyUs, (us) => Math.min(1, us / widthUs)),
      top: Uint32Array.from(top, (at) => nameAt[at] ?? 0),
    });
  return lanes;
}

interface Slice {
  readonly startUs: number;
  readonly durUs: number;
  readonly name: number;
  readonly failed: number;
}

function packSlices(events: readonly EventRecord[], originUs: number, names: NameTable): Map<string, LaneSlices> {
  const byLane = new Map<string, Slice[]>();
  for (const { name, pid, tid, ts, dur, ph, args } of events) {
    const startUs = Number(ts) - originUs;
    if (ts === undefined || ph === 'M' || ph === 4 || !Number.isFinite(startUs)) continue;
    const key = laneKey(pid, tid);
    const list = byLane.get(key) ?? [];
    if (list.length === 0) byLane.set(key, list);
    const durUs = Math.max(0, Number(dur ?? 0) || 0);
    list.push({ startUs, durUs, name: names.indexOf(textOf(name)), failed: hasFailed(args) ? 1 : 0 });
  }
  return new Map([...byLane].map(([key, list]) => [key, packLane(list)]));
}

function packLane(list: Slice[]): LaneSlices {
  list.sort((a, b) => a.startUs - b.startUs || b.durUs - a.durUs);
  return {
    startUs: Float64Array.from(list, ({ startUs }) => startUs),
    durUs: Float64Array.from(list, ({ durUs }) => durUs),
    name: Uint32Array.from(list, ({ name }) => name),
    failed: Uint8Array.from(list, ({ failed }) => failed),
    depth: depthsOf(list),
  };
}

/**
 * The row of each slice: the first that is free. For calls inside calls that is the number of calls around it, also when
 * the short ones are left out; calls that merely overlap stand below each other.
 */
export function depthsOf(list: readonly { readonly startUs: number; readonly durUs: number }[]): Uint8Array {
  const depths = new Uint8Array(list.length);
  const endOf = new Float64Array(MAX_DEPTH).fill(-Infinity);
  list.forEach(({ startUs, durUs }, at) => {
    let row = 0;
    while (row < MAX_DEPTH - 1 && (endOf[row] ?? 0) > startUs) row++;
    endOf[row] = Math.max(endOf[row] ?? 0, startUs + durUs);
    depths[at] = row;
  });
  return depths;
}

/** System calls and POSIX calls return a negative number; kernel sessions also name the error. */
export function hasFailed(args: unknown): boolean {
  if (typeof args !== 'object' || args === null) return false;
  const { ret, error, errno } = args as Readonly<Record<string, unknown>>;
  return Number(ret) < 0 || (error !== undefined && error !== '' && error !== 0) || Number(errno) > 0;
}

export const textOf = (value: unknown): string =>
  typeof value === 'string' ? value : value === undefined ? '' : JSON.stringify(value);
