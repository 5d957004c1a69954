import type { ColumnViews } from '../kernels/chunk-columns.js';
import { compareNumber, type NumberTerm } from '../query/filter.js';
import { PICK, type ColumnTerm, type QueryPlan } from './query-plan.js';

/** Rows of a chunk, ascending. */
export interface SelectedRows {
  readonly rows: Uint32Array;
  /** How many of them are events; the others are metadata records. */
  readonly events: number;
}

/** Evaluates a plan over the columns of one chunk after the other, one loop per term. */
export class RowFilter {
  #matching = new Uint32Array(0);
  #always = new Uint32Array(0);
  #merged = new Uint32Array(0);
  #classPicks: Uint8Array = new Uint8Array(0);
  #lanePicks: Uint8Array = new Uint8Array(0);

  /** The rows that the plan selects, `args` aside. A view that the next call overwrites. */
  select(plan: QueryPlan, columns: ColumnViews): SelectedRows {
    this.#reserve(columns.rows);
    const [matching, always] = this.#pick(plan, columns);
    let kept = matching;
    for (const term of plan.columnTerms) {
      if (kept === 0) break;
      kept = keep(term, this.#matching, kept, columns);
    }
    if (always === 0) return { rows: this.#matching.subarray(0, kept), events: kept };
    return { rows: this.#merge(kept, always), events: kept };
  }

  #reserve(rows: number): void {
    if (rows <= this.#matching.length) return;
    this.#matching = new Uint32Array(rows);
    this.#always = new Uint32Array(rows);
    this.#merged = new Uint32Array(rows);
  }

  /** Splits rows by what their class says, leaving out unwanted lanes. Returns the lengths of `#matching` and `#always`. */
  #pick(plan: QueryPlan, columns: ColumnViews): [number, number] {
    const { rows, classList } = columns;
    const picks = (this.#classPicks = localPicks(plan.picks, classList, this.#classPicks));
    const every = picks.subarray(0, classList.length).every((pick) => pick === PICK.ifMatching);
    if (plan.lanes !== undefined) return this.#pickLanes(picks, plan.lanes, columns);
    if (!every) return this.#pickClasses(picks, columns);
    for (let row = 0; row < rows; row++) this.#matching[row] = row;
    return [rows, 0];
  }

  #pickClasses(picks: Uint8Array, { rows, classes }: ColumnViews): [number, number] {
    const [matching, always] = [this.#matching, this.#always];
    let [m, a] = [0, 0];
    for (let row = 0; row < rows; row++) {
      const pick = picks[classes[row] ?? 0];
      if (pick === PICK.ifMatching) matching[m++] = row;
      else if (pick === PICK.always) always[a++] = row;
    }
    return [m, a];
  }

  #pickLanes(picks: Uint8Array, wanted: Uint8Array, columns: ColumnViews): [number, number] {
    const { rows, classes, lanes, laneList } = columns;
    const lanePicks = (this.#lanePicks = localPicks(wanted, laneList, this.#lanePicks));
    const [matching, always] = [this.#matching, this.#always];
    let [m, a] = [0, 0];
    for (let row = 0; row < rows; row++) {
      const pick = picks[classes[row] ?? 0];
      if (pick === PICK.never) continue;
      if (pick === PICK.always) always[a++] = row;
      else if (lanePicks[lanes[row] ?? 0] === 1) matching[m++] = row;
    }
    return [m, a];
  }

  #merge(matching: number, always: number): Uint32Array {
    const merged = this.#merged;
    let [m, a] = [0, 0];
    for (let i = 0; i < matching + always; i++) {
      const next = m < matching ? (this.#matching[m] ?? 0) : Infinity;
      const other = a < always ? (this.#always[a] ?? 0) : Infinity;
      if (next < other) {
        merged[i] = next;
        m++;
      } else {
        merged[i] = other;
        a++;
      }
    }
    return merged.subarray(0, matching + always);
  }
}

/** What the plan says of the ids of a chunk's list, in an array that is used again when it is large enough. */
function localPicks(picks: Uint8Array, list: Uint32Array, into: Uint8Array): Uint8Array {
  const local = into.length >= list.length ? into : new Uint8Array(list.length * 2);
  for (let place = 0; place < list.length; place++) local[place] = picks[list[place] ?? 0] ?? 0;
  return local;
}

/**
 * Moves the rows of `selected[0, count)` that the term holds for to the front; returns how many there are. The loops
 * have no branches: which rows match is anybody's guess, and a wrong guess costs as much as five rows.
 */
function keep(term: ColumnTerm, selected: Uint32Array, count: number, { ts, dur }: ColumnViews): number {
  if (term.kind === 'time') {
    const { minUs, maxUs } = term;
    return term.overlap
      ? keepOverlapping(selected, count, ts, dur, minUs, maxUs)
      : keepBetween(selected, count, ts, minUs, maxUs, false);
  }
  const column = term.field === 'ts' ? ts : dur;
  const [operand = NaN] = term.values;
  switch (term.op) {
    case '>=':
      return keepBetween(selected, count, column, operand, Infinity, term.orAbsent);
    case '<=':
      return keepBetween(selected, count, column, -Infinity, operand, term.orAbsent);
    case '=':
      return keepBetween(selected, count, column, operand, operand, term.orAbsent);
    case '!=':
    case '>':
    case '<':
    case 'in':
      return keepComparing(term, selected, count, column);
  }
}

function keepComparing(term: NumberTerm, selected: Uint32Array, count: number, column: Float64Array): number {
  let kept = 0;
  for (let i = 0; i < count; i++) {
    const row = selected[i] ?? 0;
    const value = column[row] ?? NaN;
    const holds = Number.isNaN(value) ? term.orAbsent : compareNumber(term.op, value, term.values);
    if (holds) selected[kept++] = row;
  }
  return kept;
}

function keepBetween(
  selected: Uint32Array,
  count: number,
  column: Float64Array,
  least: number,
  most: number,
  orAbsent: boolean,
): number {
  const absent = Number(orAbsent);
  let kept = 0;
  for (let i = 0; i < count; i++) {
    const row = selected[i] ?? 0;
    const value = column[row] ?? NaN;
    selected[kept] = row;
    // NaN is in no interval.
    kept += (Number(value >= least) & Number(value <= most)) | (absent & Number(Number.isNaN(value)));
  }
  return kept;
}

function keepOverlapping(
  selected: Uint32Array,
  count: number,
  ts: Float64Array,
  dur: Float64Array,
  minUs: number,
  maxUs: number,
): number {
  let kept = 0;
  for (let i = 0; i < count; i++) {
    const row = selected[i] ?? 0;
    const start = ts[row] ?? NaN;
    const end = start + (dur[row] ?? NaN);
    selected[kept] = row;
    // An event without a duration has no end, and overlaps if it begins inside.
    kept += Number(start <= maxUs) & (Number(start >= minUs) | Number(end >= minUs));
  }
  return kept;
}
