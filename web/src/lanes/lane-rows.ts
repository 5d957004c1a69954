import { laneKey } from './tile.js';

/** A thread as `/api/v1/lanes` tells it. */
export interface LaneFact {
  readonly file: string;
  readonly pid: number | null;
  readonly tid: number | null;
  readonly host?: string;
  readonly rank?: string;
  readonly process_name?: string;
  readonly thread_name?: string;
  readonly events: number;
  readonly busy_us: number;
  readonly min_timestamp_us?: number | null;
  readonly max_timestamp_us?: number | null;
}

/** The two groups above a thread. For kernel sessions they are pod and container, otherwise host and process. */
export interface LaneGroup {
  readonly outer: string;
  readonly inner: string;
  /** Order among the groups beside it; by text when equal. */
  readonly order?: number;
  /** Below all others, for what belongs nowhere. */
  readonly last?: boolean;
}

export interface LaneRow {
  readonly id: string;
  readonly kind: 'outer' | 'inner' | 'thread';
  readonly label: string;
  readonly title: string;
  /** Lanes that are drawn in it: one for a thread, all that it holds for a group that is folded. */
  readonly lanes: readonly string[];
  readonly events: number;
  readonly busyUs: number;
  readonly folded: boolean;
  readonly pinned: boolean;
  /** Calls inside calls that have a line of their own. */
  readonly depth: number;
}

export interface PlacedRow extends LaneRow {
  readonly top: number;
  readonly height: number;
}

export const LINE_PX = 18;
const GAP_PX = 4;
const GROUP_PX = 24;

/** Host and process of a lane, ranks in their order. */
export function hostAndProcess({ host, rank, pid, process_name: name }: LaneFact): LaneGroup {
  const process = name ?? (rank === undefined ? 'process' : `rank ${rank}`);
  const inner = pid === null ? 'without a process' : `${process} · pid ${pid}`;
  return { outer: host ?? 'unknown host', inner, order: rank === undefined ? (pid ?? 0) : Number(rank) };
}

interface Choice {
  readonly folded: ReadonlySet<string>;
  readonly pinned: ReadonlySet<string>;
  readonly depthOf: (lane: string) => number;
  readonly groupOf?: (lane: LaneFact) => LaneGroup;
}

interface Thread {
  readonly key: string;
  readonly label: string;
  readonly title: string;
  readonly events: number;
  readonly busyUs: number;
}

/** The rows from top to bottom: pinned threads first, then groups with what they hold. */
export function rowsOf(
  facts: readonly LaneFact[],
  { folded, pinned, depthOf, groupOf = hostAndProcess }: Choice,
): LaneRow[] {
  const above: LaneRow[] = [];
  const rows: LaneRow[] = [];
  for (const [outer, inners] of groupsOf(facts, groupOf)) {
    const outerId = `g:${outer}`;
    const hidden = folded.has(outerId);
    rows.push(groupRow(outerId, 'outer', outer, [...inners.values()].flat(), folded));
    for (const [inner, threads] of inners) {
      const innerId = `${outerId}/${inner}`;
      const threadRows = threads.map((thread) => threadRow(thread, pinned, depthOf));
      for (const row of threadRows.filter((candidate) => candidate.pinned))
        above.push({ ...row, id: `p:${row.id}`, title: `${outer} › ${inner} › ${row.title}` });
      if (!hidden) rows.push(groupRow(innerId, 'inner', inner, threads, folded));
      if (!hidden && !folded.has(innerId)) rows.push(...threadRows);
    }
  }
  return [...above, ...rows];
}

function groupsOf(
  facts: readonly LaneFact[],
  groupOf: (lane: LaneFact) => LaneGroup,
): Map<string, Map<string, Thread[]>> {
  const sorted = facts
    .map((fact) => ({ fact, group: groupOf(fact) }))
    .sort(
      (a, b) =>
        Number(a.group.last ?? false) - Number(b.group.last ?? false) ||
        compare(a.group.outer, b.group.outer) ||
        (a.group.order ?? 0) - (b.group.order ?? 0) ||
        compare(a.group.inner, b.group.inner) ||
        // The main thread has the number of its process.
        Number(b.fact.tid === b.fact.pid) - Number(a.fact.tid === a.fact.pid) ||
        (a.fact.tid ?? 0) - (b.fact.tid ?? 0),
    );
  const tree = new Map<string, Map<string, Thread[]>>();
  for (const { fact, group } of sorted) {
    const inners = tree.get(group.outer) ?? new Map<string, Thread[]>();
    tree.set(group.outer, inners);
    const threads = inners.get(group.inner) ?? [];
    inners.set(group.inner, threads);
    const key = laneKey(fact.pid, fact.tid);
    const at = threads.findIndex((thread) => thread.key === key);
    const known = threads[at];
    // One thread in several files is one row.
    if (known === undefined) threads.push(threadOf(fact, key));
    else threads[at] = { ...known, events: known.events + fact.events, busyUs: known.busyUs + fact.busy_us };
  }
  return tree;
}

const compare = (a: string, b: string): number => a.localeCompare(b, 'en', { numeric: true });

function threadOf({ tid, thread_name: name, events, busy_us: busyUs, file }: LaneFact, key: string): Thread {
  const number = tid === null ? 'no thread' : `${tid}`;
  const label = name === undefined || name === '' || name === number ? `thread ${number}` : `${name} · ${number}`;
  return { key, label, title: `${label}, ${file}`, events, busyUs };
}

function threadRow(
  { key, label, title, events, busyUs }: Thread,
  pinned: ReadonlySet<string>,
  depthOf: (lane: string) => number,
): LaneRow {
  const base = { id: key, kind: 'thread', label, title, lanes: [key], events, busyUs, folded: false } as const;
  return { ...base, pinned: pinned.has(key), depth: Math.max(1, depthOf(key)) };
}

function groupRow(
  id: string,
  kind: 'outer' | 'inner',
  label: string,
  threads: readonly Thread[],
  foldedIds: ReadonlySet<string>,
): LaneRow {
  const folded = foldedIds.has(id);
  return {
    ...{ id, kind, label, title: label, folded, pinned: false, depth: 1 },
    lanes: folded ? [...new Set(threads.map(({ key }) => key))] : [],
    events: threads.reduce((sum, { events }) => sum + events, 0),
    busyUs: threads.reduce((sum, { busyUs }) => sum + busyUs, 0),
  };
}

/** Gives every row its place; the sum of the heights comes with it. */
export function placeRows(rows: readonly LaneRow[]): { readonly rows: readonly PlacedRow[]; readonly height: number } {
  let top = 0;
  const placed = rows.map((row) => {
    const height = row.kind === 'thread' ? row.depth * LINE_PX + GAP_PX : GROUP_PX;
    const place = { ...row, top, height };
    top += height;
    return place;
  });
  return { rows: placed, height: top };
}

/** The rows that a window of `heightPx` from `scrollPx` on touches. */
export function rowsInView(rows: readonly PlacedRow[], scrollPx: number, heightPx: number): readonly PlacedRow[] {
  let [low, high] = [0, rows.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    const row = rows[middle];
    if (row !== undefined && row.top + row.height <= scrollPx) low = middle + 1;
    else high = middle;
  }
  const end = rows.findIndex(({ top }, at) => at >= low && top >= scrollPx + heightPx);
  return rows.slice(low, end < 0 ? undefined : end);
}
