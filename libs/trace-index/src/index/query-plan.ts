import { COLUMNS } from '../kernels/chunk-columns.js';
import type { DensityWindow } from '../kernels/chunk-density.js';
import { HASH_KEYS } from '../kernels/line-scanner.js';
import type { FileFacts } from '../query/file-facts.js';
import { termMatches, type ArgTerm, type Filter, type NumberTerm, type Term, type TimeTerm } from '../query/filter.js';
import { numberOf, type TraceEvent } from '../query/trace-event.js';
import { IdMask, type ChunkDirectory } from './chunk-directory.js';
import type { TraceClass, TraceLane } from './index-dictionaries.js';

/** What becomes of a row, by its class: its other values decide, or it is taken whatever they are. */
export const PICK = { never: 0, ifMatching: 1, always: 2 } as const;

/** A term on the columns `ts` and `dur`. */
export type ColumnTerm = NumberTerm | TimeTerm;

/** A filter, resolved against the dictionaries of one file. Structured-cloneable: it is sent to the workers. */
export interface QueryPlan {
  /** Distinguishes plans of one process. */
  readonly id: number;
  readonly tracePath: string;
  readonly indexPath: string;
  /** Of the index that the plan was made from. */
  readonly indexIdentity: FileFacts['identity'];
  readonly format: FileFacts['format'];
  readonly usableBytes: number;
  readonly identity: FileFacts['identity'];
  /** Whether there is no condition at all. */
  readonly everything: boolean;
  /** Whether metadata records are taken whatever the conditions say. */
  readonly takesMetadata: boolean;
  /** By class id: one of `PICK`. */
  readonly picks: Uint8Array;
  /** By lane id: 1 = wanted; `undefined` = all. */
  readonly lanes: Uint8Array | undefined;
  /** The terms behind `lanes`: chunks know the extremes of the numbers. */
  readonly laneTerms: readonly NumberTerm[];
  readonly columnTerms: readonly ColumnTerm[];
  /** Asked of the line itself. */
  readonly argTerms: readonly ArgTerm[];
  /** Of some arg terms: the hashes of which one must be among those of a chunk, and of the file. */
  readonly hashes: readonly NeededHash[];
  /** Sum of `COLUMNS` that the row filter needs. */
  readonly columns: number;
  /** By class id: one of `MOVES`; for who wants the column of transfers. */
  readonly moves?: Uint32Array;
  /** The picture that `DensityTask` fills. */
  readonly picture?: PicturePlan;
}

export interface PicturePlan extends DensityWindow {
  /** By lane id: the lane of the picture, from 1 on; 0 = not wanted. */
  readonly lanes: Uint32Array;
}

export interface NeededHash {
  readonly key: string;
  readonly texts: readonly string[];
}

export interface PlanSource {
  readonly tracePath: string;
  readonly indexPath: string;
  readonly indexIdentity: FileFacts['identity'];
  readonly facts: FileFacts;
  readonly classes: readonly TraceClass[];
  readonly lanes: readonly TraceLane[];
}

let plans = 0;

/** @param withMetadata also take every metadata record, whatever the filter says */
export function planOf(filter: Filter, withMetadata: boolean, source: PlanSource): QueryPlan {
  const { terms } = filter;
  const { facts, tracePath, indexPath, indexIdentity } = source;
  const picks = Uint8Array.from(source.classes, (one) => {
    if (one.kind === 'metadata') return withMetadata ? PICK.always : PICK.never;
    return one.kind === 'event' && classMatches(one, terms) ? PICK.ifMatching : PICK.never;
  });
  const laneTerms = terms.filter(isLaneTerm);
  const lanes =
    laneTerms.length > 0 ? Uint8Array.from(source.lanes, (lane) => (laneMatches(lane, laneTerms) ? 1 : 0)) : undefined;
  const columnTerms = terms.filter(isColumnTerm);
  const argTerms = terms.filter((term) => term.kind === 'arg');
  return {
    id: plans++,
    ...{ tracePath, indexPath, indexIdentity, picks, lanes, laneTerms, columnTerms, argTerms },
    everything: filter.isEmpty,
    takesMetadata: withMetadata,
    format: facts.format,
    usableBytes: facts.usableBytes,
    identity: facts.identity,
    hashes: argTerms.flatMap((term) => neededHashes(term)),
    columns: columnsFor(columnTerms) | (lanes === undefined ? 0 : COLUMNS.lanes),
  };
}

/** The plan for a picture: what the picture itself leaves out, by its lanes and its window, is no condition on rows. */
export function picturePlan(plan: QueryPlan, picture: PicturePlan): QueryPlan {
  const { beginUs, endUs } = picture;
  const columnTerms = plan.columnTerms.filter(
    (term) => term.kind !== 'time' || !term.overlap || term.minUs !== beginUs || term.maxUs !== endUs,
  );
  return { ...plan, picture, columnTerms, lanes: undefined, columns: columnsFor(columnTerms) };
}

function isLaneTerm(term: Term): term is NumberTerm {
  return term.kind === 'number' && (term.field === 'pid' || term.field === 'tid');
}

function isColumnTerm(term: Term): term is ColumnTerm {
  return term.kind === 'time' || (term.kind === 'number' && !isLaneTerm(term));
}

function columnsFor(terms: readonly ColumnTerm[]): number {
  let columns = 0;
  for (const term of terms) {
    if (term.kind === 'time') columns |= COLUMNS.times | (term.overlap ? COLUMNS.durations : 0);
    else columns |= term.field === 'ts' ? COLUMNS.times : COLUMNS.durations;
  }
  return columns;
}

const NO_EVENT: TraceEvent = {
  ...{ name: undefined, cat: undefined, ph: undefined, pid: undefined, tid: undefined, ts: undefined, dur: undefined },
  isMetadata: false,
  arg: () => undefined,
};

function classMatches({ name, cat, ph }: TraceClass, terms: readonly Term[]): boolean {
  const event = { ...NO_EVENT, name, cat, ph };
  return terms.every((term) => (term.kind !== 'text' && term.kind !== 'ph') || termMatches(term, event));
}

function laneMatches({ pid, tid }: TraceLane, terms: readonly NumberTerm[]): boolean {
  const event = { ...NO_EVENT, pid: presentOf(pid), tid: presentOf(tid) };
  return terms.every((term) => termMatches(term, event));
}

const presentOf = (value: number): number | undefined => (Number.isNaN(value) ? undefined : value);

/**
 * The hashes that a term can only be true with, as a list in a list; none when it does not say. Hashes are kept as they
 * are written, so an operand that other spellings of a number are equal to says nothing.
 */
function neededHashes({ key, op, operands }: ArgTerm): NeededHash[] {
  if (!HASH_KEYS.has(key) || (op !== '=' && op !== 'in')) return [];
  const texts = operands.filter((operand) => typeof operand === 'string');
  if (texts.length < operands.length || texts.some((text) => numberOf(text) !== undefined)) return [];
  return [{ key, texts }];
}

/** The chunks that may hold a row of the plan, by what the directory says of them; in file order. */
export function candidateChunks(plan: QueryPlan, directory: ChunkDirectory): number[] {
  const classes = new IdMask(plan.picks);
  const lanes = plan.lanes && new IdMask(plan.lanes);
  const chunks: number[] = [];
  for (let chunk = 0; chunk < directory.count; chunk++) {
    if (directory.rows(chunk) === 0 || !directory.mayHave(chunk, 'classes', classes)) continue;
    const mayMatch =
      (lanes === undefined || directory.mayHave(chunk, 'lanes', lanes)) &&
      plan.laneTerms.every((term) => mayHold(term, chunk, directory)) &&
      plan.columnTerms.every((term) => mayHold(term, chunk, directory));
    if (mayMatch || (plan.takesMetadata && directory.metadata(chunk) > 0)) chunks.push(chunk);
  }
  return chunks;
}

function mayHold(term: NumberTerm | TimeTerm, chunk: number, directory: ChunkDirectory): boolean {
  if (term.kind === 'time') {
    if (directory.least(chunk, 'ts') > term.maxUs) return false;
    return directory.most(chunk, 'ts') >= term.minUs || (term.overlap && directory.endMax(chunk) >= term.minUs);
  }
  return term.orAbsent || mayHoldWithin(term, directory.least(chunk, term.field), directory.most(chunk, term.field));
}

/** Whether a number between the two can satisfy the term. */
function mayHoldWithin({ op, values }: NumberTerm, least: number, most: number): boolean {
  const [operand = NaN] = values;
  switch (op) {
    case '=':
    case 'in':
      return values.some((value) => least <= value && value <= most);
    case '>=':
      return most >= operand;
    case '>':
      return most > operand;
    case '<=':
      return least <= operand;
    case '<':
      return least < operand;
    case '!=':
      return least <= most && (least !== operand || most !== operand);
  }
}
