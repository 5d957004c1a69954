import { COLUMNS, type ColumnViews } from '../kernels/chunk-columns.js';
import { ChunkDensity } from '../kernels/chunk-density.js';
import type { TraceKernels } from '../kernels/trace-kernels.js';
import { chunkFactsOf, type ChunkFacts } from './chunk-record.js';
import type { DensityResult, DensityTask } from './chunk-task.js';
import { PICK, type PicturePlan, type QueryPlan } from './query-plan.js';
import type { RowFilter } from './row-filter.js';

/** Reads the wanted columns of a chunk; `undefined` when no row of it is wanted. */
type Decode = (chunk: ChunkFacts, columns: number) => ColumnViews | undefined;

const PICTURE_COLUMNS = COLUMNS.classes | COLUMNS.lanes | COLUMNS.durations | COLUMNS.times;

/** Counts the events of a task's chunks into the cells of a picture. */
export class DensityCounter {
  readonly #density: ChunkDensity;

  constructor(
    kernels: TraceKernels,
    private readonly filter: RowFilter,
  ) {
    this.#density = new ChunkDensity(kernels);
  }

  run(plan: QueryPlan, task: DensityTask, decode: Decode): DensityResult {
    const { picture } = plan;
    if (picture === undefined) throw new RangeError('a picture was asked for by a plan without one');
    const chunks = task.chunks.map((one) => chunkFactsOf(one.record));
    this.#density.begin(picture, ...spanOf(chunks));
    for (const chunk of chunks) {
      const columns = decode(chunk, PICTURE_COLUMNS);
      if (columns !== undefined) this.#add(plan, picture, columns);
    }
    return { kind: 'density', ...this.#density.take() };
  }

  #add(plan: QueryPlan, picture: PicturePlan, columns: ColumnViews): void {
    const { classList, laneList } = columns;
    // Loops, as in all that is done per chunk: `from` with a function costs as much as decoding.
    const classIds = new Uint32Array(classList.length);
    for (let i = 0; i < classIds.length; i++) {
      const id = classList[i] ?? 0;
      if (plan.picks[id] === PICK.ifMatching) classIds[i] = id;
    }
    const lanes = new Uint32Array(laneList.length);
    for (let i = 0; i < lanes.length; i++) lanes[i] = picture.lanes[laneList[i] ?? 0] ?? 0;
    const picked = plan.columnTerms.length > 0 ? this.filter.select(plan, columns).rows : undefined;
    this.#density.add({ classIds, lanes, picked });
  }
}

/** From the first start to the last end of the chunks' events. */
function spanOf(chunks: readonly ChunkFacts[]): [fromUs: number, toUs: number] {
  let [from, to] = [Infinity, -Infinity];
  for (const { tsMin, tsMax, endMax } of chunks) {
    from = Math.min(from, tsMin);
    to = Math.max(to, tsMax, endMax);
  }
  return [from, to];
}
