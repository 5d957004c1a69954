import { ChunkColumns, COLUMNS, type ColumnViews } from '../kernels/chunk-columns.js';
import { TraceKernels } from '../kernels/trace-kernels.js';
import type { BlockMemory } from './block-memory.js';
import { chunkFactsOf, type ChunkFacts } from './chunk-record.js';
import type {
  ChunkResult,
  ChunkTask,
  ColumnsResult,
  ColumnsTask,
  EventColumns,
  SelectResult,
  SelectTask,
  TaskChunk,
  TaskResult,
} from './chunk-task.js';
import { DensityCounter } from './density-counter.js';
import { hashPlaces, mayHaveHash } from './hash-bits.js';
import { LineSelection } from './line-selection.js';
import { textOf } from './file-mark.js';
import { OpenTrace } from './open-trace.js';
import { PICK, type QueryPlan } from './query-plan.js';
import { RowFilter } from './row-filter.js';

const MOST_OPEN_FILES = 16;

/**
 * Works on the chunks of any number of files: filters their rows and copies lines or values. Everything that a query
 * costs is spent here; one instance per worker thread, for one task at a time.
 */
export class ChunkReader {
  readonly #kernels = new TraceKernels();
  readonly #columns = new ChunkColumns(this.#kernels);
  readonly #filter = new RowFilter();
  readonly #lines: LineSelection;
  readonly #density: DensityCounter;
  /** Least recently used first. */
  readonly #open = new Map<string, OpenTrace>();
  #plan: QueryPlan | undefined;
  /** Of the current plan: places of the hashes of which a chunk must have one, for each term that says so. */
  #hashes: (readonly number[])[][] = [];

  /** @param cacheBytes decoded text that may be kept for the next queries */
  constructor(cacheBytes: number) {
    this.#lines = new LineSelection(this.#kernels, cacheBytes);
    this.#density = new DensityCounter(this.#kernels, this.#filter);
  }

  /** What the blocks of its results are made of. */
  get memory(): BlockMemory {
    return this.#lines.memory;
  }

  /** @throws TracerError STORAGE_FAILED when the trace is not what it was; IndexLost when its index is not */
  run<T extends ChunkTask>(plan: QueryPlan, task: T): ChunkResult<T> {
    if (this.#plan?.id !== plan.id) {
      this.#plan = plan;
      if (plan.moves !== undefined) this.#columns.setMoves(0, plan.moves);
      this.#hashes = plan.hashes.map(({ texts }) => texts.map((text) => hashPlaces(this.#kernels, text)));
    }
    const open = this.#openTrace(plan);
    return this.#work(plan, task, open) as ChunkResult<T>;
  }

  #work(plan: QueryPlan, task: ChunkTask, open: OpenTrace): TaskResult {
    switch (task.kind) {
      case 'select':
        return this.#select(plan, task, open);
      case 'columns':
        return this.#values(plan, task, open);
      case 'density':
        return this.#density.run(plan, task, (chunk, columns) => {
          const segment = this.#segment(plan, chunk, open);
          return segment && this.#decode(segment.columns, chunk, columns);
        });
    }
  }

  close(): void {
    for (const open of this.#open.values()) open.close();
    this.#open.clear();
  }

  #select(plan: QueryPlan, task: SelectTask, open: OpenTrace): SelectResult {
    this.#lines.begin(plan, task, open);
    for (const taskChunk of task.chunks) {
      const chunk = chunkFactsOf(taskChunk.record);
      if (plan.everything && this.#lines.mayTakeAll(chunk)) this.#lines.addAll(taskChunk, chunk);
      else this.#selectRows(plan, taskChunk, chunk, open);
      if (this.#lines.eventsLeft === 0) break;
    }
    return this.#lines.take();
  }

  #selectRows(plan: QueryPlan, taskChunk: TaskChunk, chunk: ChunkFacts, open: OpenTrace): void {
    const segment = this.#segment(plan, chunk, open);
    if (segment === undefined) return;
    const columns = this.#decode(segment.columns, chunk, plan.columns);
    const { rows, events } = this.#filter.select(plan, columns);
    if (rows.length === 0) return;
    // Which of them are metadata records is seen by their class, before the columns are overwritten.
    const isEvent = events === rows.length ? undefined : eventFlags(plan, columns, rows);
    this.#lines.add(taskChunk, chunk, rows, isEvent);
  }

  #values(plan: QueryPlan, task: ColumnsTask, open: OpenTrace): ColumnsResult {
    const batches: EventColumns[] = [];
    for (const taskChunk of task.chunks) {
      const chunk = chunkFactsOf(taskChunk.record);
      const segment = this.#segment(plan, chunk, open);
      if (segment === undefined) continue;
      const columns = this.#decode(segment.columns, chunk, plan.columns | task.columns);
      const { rows } = this.#filter.select(plan, columns);
      if (rows.length > 0) batches.push(gathered(columns, rows, task.columns));
    }
    return { kind: 'columns', batches };
  }

  /** `undefined` when no row is wanted: none has the hash that is asked for. */
  #segment(plan: QueryPlan, chunk: ChunkFacts, open: OpenTrace): { columns: Buffer; hashBits: Buffer } | undefined {
    const blob = open.blob(chunk.segment);
    const columns = blob.subarray(0, blob.length - chunk.hashBytes);
    const hashBits = blob.subarray(blob.length - chunk.hashBytes);
    const may = this.#hashes.every((any) => any.some((places) => mayHaveHash(hashBits, places)));
    const always = chunk.metadata > 0 && plan.takesMetadata;
    return may || always ? { columns, hashBits } : undefined;
  }

  #decode(segment: Buffer, chunk: ChunkFacts, columns: number): ColumnViews {
    return this.#columns.decode(segment, chunk.rows, columns | COLUMNS.classes);
  }

  #openTrace(plan: QueryPlan): OpenTrace {
    const key = [plan.tracePath, textOf(plan.identity), plan.indexPath, textOf(plan.indexIdentity)].join('\0');
    const open = this.#open.get(key) ?? new OpenTrace(plan);
    open.check(plan.identity);
    this.#open.delete(key);
    this.#open.set(key, open);
    for (const [oldest, other] of this.#open) {
      if (this.#open.size <= MOST_OPEN_FILES) break;
      other.close();
      this.#open.delete(oldest);
    }
    return open;
  }
}

function eventFlags(plan: QueryPlan, { classes, classList }: ColumnViews, rows: Uint32Array): Uint8Array {
  return Uint8Array.from(rows, (row) => (plan.picks[classList[classes[row] ?? 0] ?? 0] === PICK.always ? 0 : 1));
}

/** Copies of the wanted columns, of the selected rows. */
function gathered(columns: ColumnViews, rows: Uint32Array, wanted: number): EventColumns {
  const n = rows.length;
  // Ascending and as many as there are: all of them.
  const all = n === columns.rows;
  const ids = (flag: number, places: Uint32Array, list: Uint32Array): Uint32Array => {
    if ((wanted & flag) === 0) return new Uint32Array(0);
    const into = new Uint32Array(n);
    if (all) for (let i = 0; i < n; i++) into[i] = list[places[i] ?? 0] ?? 0;
    else for (let i = 0; i < n; i++) into[i] = list[places[rows[i] ?? 0] ?? 0] ?? 0;
    return into;
  };
  const numbers = (flag: number, values: Float64Array): Float64Array => {
    if ((wanted & flag) === 0) return new Float64Array(0);
    if (all) return values.slice();
    const into = new Float64Array(n);
    for (let i = 0; i < n; i++) into[i] = values[rows[i] ?? 0] ?? NaN;
    return into;
  };
  return {
    count: n,
    classes: ids(COLUMNS.classes, columns.classes, columns.classList),
    lanes: ids(COLUMNS.lanes, columns.lanes, columns.laneList),
    ts: numbers(COLUMNS.times, columns.ts),
    dur: numbers(COLUMNS.durations, columns.dur),
    transfers: numbers(COLUMNS.transfers, columns.transfers),
  };
}
