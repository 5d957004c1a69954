import { TracerError } from '@tracer/base';
import { COLUMNS } from '../kernels/chunk-columns.js';
import { openFile, sameOrGrown } from '../plain/open-file.js';
import { DensityGrid } from '../query/density-grid.js';
import type { EventSink } from '../query/event-sink.js';
import type { FileFacts, FileIdentity } from '../query/file-facts.js';
import type { FileSummary } from '../query/file-summary.js';
import type { Filter } from '../query/filter.js';
import { LaneTable } from '../query/lane-table.js';
import type { HashKind } from '../query/trace-event.js';
import type { Definitions, EventBlock, SelectOptions, TraceFileReader } from '../query/trace-file-reader.js';
import { TraceRecord } from '../query/trace-record.js';
import { giveBack } from './block-memory.js';
import type { ChunkExecutor } from './chunk-executor.js';
import type { ColumnsTask, DensityTask, SelectTask } from './chunk-task.js';
import { ColumnCursor, columnsOf, threadOf, threadsOf, type Thread } from './column-cursor.js';
import type { StoredHash } from './definition-section.js';
import { DefinitionSender } from './definition-sender.js';
import { eventBlock, firstEvents } from './event-blocks.js';
import type { FileFilters } from './file-filters.js';
import { countsOf } from './index-dictionaries.js';
import { factsOf, summaryOf } from './index-facts.js';
import type { IndexFile } from './index-file.js';
import { IndexLost } from './index-lost.js';
import { PictureLanes } from './picture-lanes.js';
import { candidateChunks, picturePlan, planOf, type NeededHash, type QueryPlan } from './query-plan.js';
import { taskResults } from './task-queue.js';
import { CHUNK_BYTES } from './text-pieces.js';

/** Of the text that may be kept, the share that one query may fill. */
const KEPT_SHARE = 0.5;
const NEWLINE = 10;
/** Of a row of columns, about. */
const ROW_BYTES = 24;
const NO_DEFINITIONS = new Uint32Array(0);

/** The reader that answers from an index and decodes only the chunks that hold a hit. */
export class IndexedTraceFile implements TraceFileReader {
  readonly facts: FileFacts;
  readonly summary: FileSummary;
  #hashes: readonly StoredHash[] | undefined;
  #filters: FileFilters | undefined;
  #threads: readonly Thread[] | undefined;
  #lost: IndexLost | undefined;

  /**
   * @param identity of the trace file, which the index is about
   * @param onLost told once, when an answer finds that the index cannot be read any more
   */
  constructor(
    private readonly tracePath: string,
    private readonly index: IndexFile,
    identity: FileIdentity,
    private readonly executor: ChunkExecutor,
    private readonly onLost: (error: IndexLost) => void = () => undefined,
  ) {
    this.facts = factsOf(index.facts, identity);
    this.summary = summaryOf(index.facts.summary, countsOf(index.classes, index.lanes));
  }

  /** Size of the index on disk. */
  get indexBytes(): number {
    return this.index.bytes;
  }

  get indexLoss(): IndexLost['loss'] | undefined {
    return this.#lost?.loss;
  }

  async *select(
    filter: Filter,
    options: SelectOptions,
    signal: AbortSignal,
  ): AsyncGenerator<EventBlock, void, undefined> {
    try {
      yield* this.#select(filter, options, signal);
    } catch (error) {
      throw this.#noted(error);
    }
  }

  async aggregate(filter: Filter, sink: EventSink, signal: AbortSignal): Promise<void> {
    try {
      if (filter.needsArgs || sink.reads.has('args')) await this.#aggregateLines(filter, sink, signal);
      else if (filter.isEmpty && sink instanceof LaneTable) await this.#fillLanes(sink, signal);
      else if (sink instanceof DensityGrid) await this.#fillGrid(filter, sink, signal);
      else await this.#aggregateColumns(filter, sink, signal);
    } catch (error) {
      throw this.#noted(error);
    }
  }

  async definitions(signal: AbortSignal): Promise<Definitions> {
    await this.#check(signal);
    const hashes: Record<HashKind, Map<string, string>> = { FH: new Map(), HH: new Map(), SH: new Map() };
    try {
      for (const { kind, hash, text } of this.#storedHashes()) if (text !== undefined) hashes[kind].set(hash, text);
    } catch (error) {
      throw this.#noted(error);
    }
    return { hashes, lanes: this.index.facts.lanes };
  }

  /** An error on its way to the caller: the loss of the index is noted in passing. */
  #noted(error: unknown): unknown {
    if (error instanceof IndexLost && this.#lost === undefined) {
      this.#lost = error;
      this.onLost(error);
    }
    return error;
  }

  async *#select(
    filter: Filter,
    options: SelectOptions,
    signal: AbortSignal,
  ): AsyncGenerator<EventBlock, void, undefined> {
    if (options.limit === 0) return;
    await this.#check(signal);
    const plan = this.#plan(filter, options.metadata === 'all');
    const directory = this.index.chunks();
    const chunks = this.#candidates(plan);
    const sender = options.metadata === 'referenced' ? new DefinitionSender(this.#storedHashes()) : undefined;
    const keep = chunks.length * CHUNK_BYTES <= this.executor.cacheBytes * KEPT_SHARE;
    // Elements cannot be cut, nor can metadata be told from events among them.
    const shiftable = options.limit === undefined && !plan.takesMetadata;
    let left = options.limit ?? Infinity;
    const results = taskResults<SelectTask>({
      ...{ plan, directory, chunks, signal, executor: this.executor },
      taskOf: (taken) => {
        const definitions = sender?.wantedIn(taken) ?? NO_DEFINITIONS;
        const shiftUs = shiftable && definitions.length === 0 ? options.shiftUs : undefined;
        return { kind: 'select', chunks: taken, limit: left, definitions, keep, shiftUs };
      },
      bytesOf: ({ blocks }) => blocks.reduce((sum, { bytes }) => sum + bytes.byteLength, 0),
    });
    for await (const result of results) {
      const wanted = firstEvents(result, left);
      left -= wanted.events;
      yield* sender === undefined ? wanted.blocks.map(eventBlock) : sender.blocks(wanted);
      if (left <= 0) return;
    }
  }

  /** For what columns do not say: the lines themselves. */
  async #aggregateLines(filter: Filter, sink: EventSink, signal: AbortSignal): Promise<void> {
    const record = new TraceRecord();
    for await (const { bytes } of this.select(filter, { metadata: 'none' }, signal)) {
      for (let start = 0; start < bytes.length;) {
        const end = bytes.indexOf(NEWLINE, start);
        record.read(bytes, start, end);
        if (sink.accept(record) === false) return;
        start = end + 1;
      }
      giveBack(bytes);
    }
  }

  async #aggregateColumns(filter: Filter, sink: EventSink, signal: AbortSignal): Promise<void> {
    await this.#check(signal);
    const columns = columnsOf(sink.reads);
    const plan = this.#plan(filter, false);
    const moves = columns & COLUMNS.transfers ? Uint32Array.from(this.index.classes, (one) => one.moves) : undefined;
    const directory = this.index.chunks();
    const results = taskResults<ColumnsTask>({
      ...{ directory, signal, chunks: this.#candidates(plan), executor: this.executor },
      plan: moves === undefined ? plan : { ...plan, moves },
      taskOf: (chunks) => ({ kind: 'columns', chunks, columns }),
      bytesOf: ({ batches }) => batches.reduce((sum, { count }) => sum + count * ROW_BYTES, 0),
    });
    const kinds = this.index.classes;
    this.#threads ??= threadsOf(this.index.lanes);
    const threads = this.#threads;
    const cursor = new ColumnCursor(kinds, threads);
    for await (const { batches } of results) {
      for (const batch of batches) {
        const more = sink.acceptBatch
          ? sink.acceptBatch({ ...batch, kinds, threads }) !== false
          : cursor.each(batch, (event) => sink.accept(event));
        if (!more) return;
      }
    }
  }

  /** Of the whole file: counted when the index was built. */
  async #fillLanes(table: LaneTable, signal: AbortSignal): Promise<void> {
    await this.#check(signal);
    for (const { events, pid, tid, ...totals } of this.index.lanes) {
      if (events > 0) table.add({ ...threadOf({ pid, tid }), events, ...totals });
    }
  }

  /** The workers count into cells, which are few: rows need not come here. */
  async #fillGrid(filter: Filter, grid: DensityGrid, signal: AbortSignal): Promise<void> {
    await this.#check(signal);
    const plan = this.#plan(filter, false);
    const directory = this.index.chunks();
    const lanes = new PictureLanes(grid, this.index.lanes, plan.lanes);
    const { classes } = this.index;
    const names = new Int32Array(classes.length).fill(-1);
    const nameOf = (id: number): number => {
      if (names[id] === -1) names[id] = grid.nameId(classes[id]?.name ?? '');
      return names[id] ?? -1;
    };
    const results = taskResults<DensityTask>({
      ...{ directory, signal, chunks: this.#candidates(plan), executor: this.executor },
      plan: picturePlan(plan, { ...grid.spec, lanes: lanes.places }),
      taskOf: (chunks) => ({ kind: 'density', chunks }),
      bytesOf: () => 0,
    });
    for await (const { cells, untimed } of results) {
      grid.untimed += untimed;
      for (const part of cells) grid.addCells(part, (place) => lanes.at(place), nameOf);
    }
  }

  close(): Promise<void> {
    this.#hashes = undefined;
    this.#filters = undefined;
    this.index.forgetChunks();
    return Promise.resolve();
  }

  #plan(filter: Filter, withMetadata: boolean): QueryPlan {
    const { tracePath, facts } = this;
    const { path, identity, classes, lanes } = this.index;
    const source = { tracePath, indexPath: path, indexIdentity: identity, facts, classes, lanes };
    return planOf(filter, withMetadata, source);
  }

  #candidates(plan: QueryPlan): number[] {
    const chunks = candidateChunks(plan, this.index.chunks());
    const wanted = plan.hashes.filter(({ key }) => key === 'hhash' || key === 'fhash');
    if (wanted.length === 0 || plan.takesMetadata) return chunks;
    this.#filters ??= this.index.filters();
    const filters = this.#filters;
    const may = ({ key, texts }: NeededHash): boolean => {
      const filter = filters[key as 'hhash' | 'fhash'];
      return filter === undefined || texts.some((text) => filter.mayHave(text));
    };
    return wanted.every(may) ? chunks : [];
  }

  #storedHashes(): readonly StoredHash[] {
    this.#hashes ??= this.index.hashes();
    return this.#hashes;
  }

  /** @throws TracerError NOT_FOUND or STORAGE_FAILED when the trace is not the file it was */
  async #check(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    const { handle, identity } = await openFile(this.tracePath);
    await handle.close();
    if (!sameOrGrown(this.facts.identity, identity)) {
      throw new TracerError('STORAGE_FAILED', 'the file was changed while it was read');
    }
  }
}
