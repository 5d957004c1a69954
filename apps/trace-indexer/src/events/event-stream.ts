import { TracerError } from '@tracer/base';
import {
  ByteBuffer,
  eachLine,
  giveBack,
  TraceRecord,
  writeRecord,
  type EventBlock,
  type Filter,
  type Rewriting,
  type SelectOptions,
} from '@tracer/trace-index';
import { filterFor, hashesOf, isOutside, type FileAccess, type OpenTrace } from '../catalogue/file-access.js';
import type { EventsQuery } from '../http/event-parameters.js';

/** Small blocks of many small files are sent together. */
const SEND_BYTES = 64 * 1024;

/** Streams the events of a selection, file by file. */
export class EventStream {
  constructor(private readonly access: FileAccess) {}

  /** The answer of `/events`: lines, each with a newline. */
  async *lines(query: EventsQuery, signal: AbortSignal): AsyncGenerator<Buffer, void, undefined> {
    const gathered: Buffer[] = [];
    let bytes = 0;
    for await (const { bytes: block } of this.blocks(query, signal)) {
      gathered.push(block);
      bytes += block.length;
      if (bytes < SEND_BYTES) continue;
      yield gathered.length === 1 ? block : joined(gathered);
      gathered.length = 0;
      bytes = 0;
    }
    if (bytes > 0) yield joined(gathered);
  }

  /**
   * The same as blocks, with the number of their events.
   *
   * @param shiftUs a hint: blocks may come shifted, as `SelectOptions` has it
   */
  async *blocks(
    query: EventsQuery,
    signal: AbortSignal,
    shiftUs?: number,
  ): AsyncGenerator<EventBlock, void, undefined> {
    let left = query.limit ?? Infinity;
    for await (const trace of await this.access.open(query.files, query.wait)) {
      // Also for a limit of 0: an unknown file is an error all the same.
      if (left <= 0) return;
      if (query.metadata !== 'all' && isOutside(trace.reader, query.filter)) continue;
      const options: SelectOptions = {
        metadata: query.metadata,
        limit: left === Infinity ? undefined : left,
        shiftUs: query.resolve ? undefined : shiftUs,
      };
      const names = await hashesOf(trace.reader, query.resolve, signal);
      for await (const block of this.#select(trace, query.filter, options, signal)) {
        left -= block.events;
        yield names === undefined ? block : rewritten(block, { names });
      }
    }
  }

  /** Selects from one file; a file that was replaced since it was opened is opened once more. */
  async *#select(
    trace: OpenTrace,
    filter: Filter,
    options: SelectOptions,
    signal: AbortSignal,
  ): AsyncGenerator<EventBlock, void, undefined> {
    let begun = false;
    try {
      const bound = await filterFor(trace.reader, filter, signal);
      for await (const block of trace.reader.select(bound, options, signal)) {
        begun = true;
        yield block;
      }
    } catch (error) {
      const changed = error instanceof TracerError && error.code === 'STORAGE_FAILED';
      if (begun || !changed) throw error;
      const again = await this.access.reopen(trace.file);
      if (again !== undefined) yield* again.select(await filterFor(again, filter, signal), options, signal);
    }
  }
}

function joined(blocks: readonly Buffer[]): Buffer {
  const together = Buffer.concat(blocks);
  blocks.forEach(giveBack);
  return together;
}

function rewritten(block: EventBlock, how: Rewriting): EventBlock {
  const record = new TraceRecord();
  const out = new ByteBuffer();
  eachLine(block.bytes, (start, end) => {
    record.read(block.bytes, start, end);
    writeRecord(record, how, out);
    out.text('\n');
  });
  giveBack(block.bytes);
  return { bytes: out.take(), events: block.events };
}
