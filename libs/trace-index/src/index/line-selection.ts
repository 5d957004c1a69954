import type { TraceKernels } from '../kernels/trace-kernels.js';
import { ByteBuffer } from '../query/byte-buffer.js';
import { termMatches } from '../query/filter.js';
import { writeRecord } from '../query/line-rewriter.js';
import { TraceRecord } from '../query/trace-record.js';
import type { BlockMemory } from './block-memory.js';
import type { ChunkFacts } from './chunk-record.js';
import type { SelectResult, SelectTask, TaskChunk } from './chunk-task.js';
import { ChunkDecoder, type ChunkLines } from './chunk-text.js';
import { textOf } from './file-mark.js';
import { LineBlocks } from './line-blocks.js';
import type { OpenTrace } from './open-trace.js';
import type { QueryPlan } from './query-plan.js';
import { HashTable, ReferenceFinder } from './reference-finder.js';
import { TextCache } from './text-cache.js';

const NEWLINE = 10;
const NO_METADATA: readonly number[] = [];
const NO_HASHES = new HashTable([]);

/** Collects the lines of one task: decodes chunks as far as needed, asks lines what columns cannot say, copies them. */
export class LineSelection {
  readonly #kernels: TraceKernels;
  readonly #decoder: ChunkDecoder;
  readonly #blocks: LineBlocks;
  readonly #cache: TextCache;
  readonly #references = new ReferenceFinder();
  readonly #record = new TraceRecord();
  #plan!: QueryPlan;
  #task!: SelectTask;
  #open!: OpenTrace;
  #events = 0;
  /** Row numbers and line addresses in kernel memory, and room for a copy of the lines. */
  #rows = { at: 0, spans: 0, capacity: 0 };
  #out = { at: 0, bytes: 0 };

  constructor(kernels: TraceKernels, cacheBytes: number) {
    this.#kernels = kernels;
    this.#decoder = new ChunkDecoder(kernels);
    this.#blocks = new LineBlocks(kernels);
    this.#cache = new TextCache(cacheBytes);
  }

  /** What blocks are made of. */
  get memory(): BlockMemory {
    return this.#blocks.memory;
  }

  /** Begins a task. What one before has left that broke off is thrown away. */
  begin(plan: QueryPlan, task: SelectTask, open: OpenTrace): void {
    this.#blocks.take();
    this.#plan = plan;
    this.#task = task;
    this.#open = open;
    this.#events = 0;
    this.#references.begin(task.definitions, task.definitions.length > 0 ? open.hashes : NO_HASHES);
  }

  /** How many more events the task may have. */
  get eventsLeft(): number {
    return this.#task.limit - this.#events;
  }

  take(): SelectResult {
    return {
      kind: 'select',
      blocks: this.#blocks.take(this.#task.shiftUs !== undefined),
      events: this.#events,
      references: this.#references.take(),
    };
  }

  /** Whether all lines of a chunk are wanted as they stand, when there is no condition. */
  mayTakeAll(chunk: ChunkFacts): boolean {
    return chunk.tidy && chunk.metadata === 0 && chunk.events <= this.eventsLeft && this.#references.left === 0;
  }

  addAll(taskChunk: TaskChunk, chunk: ChunkFacts): void {
    const { from, to } = this.#text(taskChunk, chunk, chunk.rows);
    this.#put(from, to, NO_METADATA);
    this.#events += chunk.events;
  }

  /**
   * Adds those of the rows whose lines satisfy the terms on args, up to the limit.
   *
   * @param isEvent by place in `rows`; `undefined` when all are events
   */
  add(taskChunk: TaskChunk, chunk: ChunkFacts, rows: Uint32Array, isEvent: Uint8Array | undefined): void {
    const asksLines = this.#plan.argTerms.length > 0;
    const first = asksLines ? rows : rows.subarray(0, placeBehind(this.eventsLeft, rows.length, isEvent));
    const last = first[first.length - 1];
    if (last === undefined) return;
    const text = this.#text(taskChunk, chunk, last + 1);
    this.#reserveRows(first.length);
    this.#kernels.u32(this.#rows.at, first.length).set(first);
    let kept = first.length;
    let flags = isEvent;
    if (asksLines || this.#references.left > 0) {
      flags = isEvent?.slice();
      kept = this.#askLines(text, chunk, kept, flags);
    } else this.#events += countEvents(kept, flags);
    this.#copy(text, chunk, kept, metadataPlaces(kept, flags));
  }

  /** Keeps the rows (in kernel memory) whose lines satisfy the terms on args; returns how many. Moves `flags` along. */
  #askLines(text: ChunkLines, chunk: ChunkFacts, count: number, flags: Uint8Array | undefined): number {
    const { at, spans } = this.#rows;
    this.#kernels.run.locate(text.from, text.to, at, count, spans);
    const rows = this.#kernels.u32(at, count);
    const lines = this.#kernels.u32(spans, count * 2);
    let kept = 0;
    for (let i = 0; i < count && this.eventsLeft > 0; i++) {
      const row = rows[i] ?? 0;
      const isEvent = flags === undefined || flags[i] === 1;
      if (isEvent && !this.#takesEvent(lines[i * 2] ?? 0, lines[i * 2 + 1] ?? 0, chunk.firstRow + row)) continue;
      rows[kept] = row;
      if (flags) flags[kept] = isEvent ? 1 : 0;
      kept++;
    }
    return kept;
  }

  /** Whether the event on a line satisfies the terms on args; notes what it refers to. */
  #takesEvent(from: number, to: number, row: number): boolean {
    this.#record.read(this.#kernels.bytes, from, to);
    if (!this.#plan.argTerms.every((term) => termMatches(term, this.#record))) return false;
    if (this.#references.left > 0) this.#references.look(this.#record, row, this.#events);
    this.#events++;
    return true;
  }

  /** Copies the lines of the rows in kernel memory into blocks. */
  #copy({ from, to }: ChunkLines, chunk: ChunkFacts, count: number, metadata: readonly number[]): void {
    // Each line gets a newline, also the last of a text that has none there.
    this.#reserveOut(to - from + count + 1);
    const { at } = this.#out;
    const end = this.#kernels.run.gather(from, to, this.#rows.at, count, chunk.tidy ? 1 : 0, at);
    this.#put(at, end, metadata);
  }

  /** Hands out the lines in `[from, to)` of kernel memory, which may be changed. */
  #put(from: number, to: number, metadata: readonly number[]): void {
    const { shiftUs } = this.#task;
    if (shiftUs === undefined) {
      this.#blocks.add(from, to, metadata);
      return;
    }
    for (let at = from; at < to;) {
      const odd = this.#kernels.run.shift_times(at, to, shiftUs);
      this.#blocks.add(at, odd, NO_METADATA);
      at = odd < to ? this.#rewrite(odd, shiftUs) : to;
    }
  }

  /** A line whose time cannot be overwritten where it stands. Returns where the next one begins. */
  #rewrite(line: number, shiftUs: number): number {
    const newline = this.#kernels.bytes.indexOf(NEWLINE, line);
    this.#record.read(this.#kernels.bytes, line, newline);
    const out = new ByteBuffer();
    writeRecord(this.#record, { originUs: shiftUs }, out);
    out.text('\n');
    this.#blocks.addLine(out.take());
    return newline + 1;
  }

  /** At least the first `lines` lines of a chunk, from the cache when they are there. */
  #text({ chunk: number, next }: TaskChunk, chunk: ChunkFacts, lines: number): ChunkLines {
    const { tracePath, identity, indexIdentity } = this.#plan;
    // Another index may have its chunks elsewhere.
    const key = [tracePath, textOf(identity), textOf(indexIdentity), number].join('\0');
    const known = this.#cache.get(key);
    if (known !== undefined) return this.#decoder.restore(known);
    const window = chunk.window.bytes > 0 ? this.#open.blob(chunk.window) : NO_BYTES;
    const text = this.#decoder.decode({ trace: this.#open.trace, chunk, next, window }, lines);
    if (text.whole && this.#task.keep) {
      this.#cache.set(key, Buffer.from(this.#kernels.bytes.subarray(text.from, text.to)));
    }
    return text;
  }

  #reserveRows(rows: number): void {
    if (rows <= this.#rows.capacity) return;
    const capacity = rows * 2;
    this.#rows = { capacity, at: this.#kernels.allocate(capacity * 4), spans: this.#kernels.allocate(capacity * 8) };
  }

  #reserveOut(bytes: number): void {
    if (bytes <= this.#out.bytes) return;
    this.#out = { bytes: bytes * 2, at: this.#kernels.allocate(bytes * 2) };
  }
}

const NO_BYTES = Buffer.alloc(0);

/** How many places hold the first `events` events. */
function placeBehind(events: number, count: number, isEvent: Uint8Array | undefined): number {
  if (isEvent === undefined) return Math.min(events, count);
  let place = 0;
  for (let left = events; place < count && left > 0; place++) left -= isEvent[place] ?? 0;
  return place;
}

function countEvents(count: number, isEvent: Uint8Array | undefined): number {
  if (isEvent === undefined) return count;
  let events = 0;
  for (let i = 0; i < count; i++) events += isEvent[i] ?? 0;
  return events;
}

function metadataPlaces(count: number, isEvent: Uint8Array | undefined): number[] {
  const places: number[] = [];
  if (isEvent !== undefined) for (let i = 0; i < count; i++) if (isEvent[i] === 0) places.push(i);
  return places;
}
