import { TracerError } from '@tracer/base';
import type { EventSink } from '../query/event-sink.js';
import { MAX_LINE_BYTES, type FileFacts } from '../query/file-facts.js';
import type { FileSummary } from '../query/file-summary.js';
import type { Filter } from '../query/filter.js';
import type { Definitions, EventBlock, SelectOptions, TraceFileReader } from '../query/trace-file-reader.js';
import { TraceRecord } from '../query/trace-record.js';
import { BlockWriter } from './block-writer.js';
import { DefinitionCollector } from './definition-collector.js';
import { FileWindow } from './file-window.js';
import { GzipText } from './gzip-text.js';
import { LineSelector } from './line-selector.js';
import { LineSplitter, type LineVisitor } from './line-splitter.js';
import { openFile, sameOrGrown } from './open-file.js';
import { PlainText, type RawText } from './raw-text.js';
import { scanFile } from './scan.js';

/**
 * The reader without an index: every question reads the file from its beginning, a line at a time, in bounded memory.
 * It is what an index is checked against, and what answers for files that have none.
 */
export class PlainTraceFile implements TraceFileReader {
  #definitions: Promise<Definitions> | undefined;

  private constructor(
    private readonly path: string,
    readonly facts: FileFacts,
    readonly summary: FileSummary,
  ) {}

  /**
   * Scans the file once. `.gz` names are gzip, all others text.
   *
   * @throws TracerError NOT_FOUND or STORAGE_FAILED when the file cannot be read; a broken content never throws, it is
   *   told in `facts`
   */
  static async open(path: string, signal: AbortSignal): Promise<PlainTraceFile> {
    const format = path.endsWith('.gz') ? 'gzip' : 'plain';
    const { handle, identity } = await openFile(path);
    try {
      const text = (): RawText => textOf(format, new FileWindow(handle, identity.sizeBytes));
      const { facts, summary } = await scanFile(format, identity, text, signal);
      return new PlainTraceFile(path, facts, summary);
    } finally {
      await handle.close();
    }
  }

  async *select(
    filter: Filter,
    options: SelectOptions,
    signal: AbortSignal,
  ): AsyncGenerator<EventBlock, void, undefined> {
    if (options.limit === 0) return;
    const out = new BlockWriter();
    const selector = new LineSelector(filter, options, out);
    const visit: LineVisitor = (bytes, start, end) => selector.line(bytes, start, end);
    yield* this.#pass(visit, () => out.take(), signal);
    yield* out.finish();
  }

  async aggregate(filter: Filter, sink: EventSink, signal: AbortSignal): Promise<void> {
    const record = new TraceRecord();
    await this.#lines((bytes, start, end) => {
      if (record.read(bytes, start, end) !== 'record' || record.isMetadata) return true;
      return !filter.matches(record) || sink.accept(record) !== false;
    }, signal);
  }

  definitions(signal: AbortSignal): Promise<Definitions> {
    const known = this.#definitions;
    if (known !== undefined) return known;
    const reading = this.#readDefinitions(signal);
    this.#definitions = reading;
    // A reading that was called off is no answer for the next one who asks.
    reading.catch(() => {
      this.#definitions = undefined;
    });
    return reading;
  }

  async #readDefinitions(signal: AbortSignal): Promise<Definitions> {
    const record = new TraceRecord();
    const collector = new DefinitionCollector();
    await this.#lines((bytes, start, end) => {
      if (record.read(bytes, start, end) === 'record' && record.isMetadata) collector.add(record);
      return true;
    }, signal);
    return collector.definitions();
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  async #lines(visit: LineVisitor, signal: AbortSignal): Promise<void> {
    await this.#pass(visit, () => [], signal).next();
  }

  /** Visits the lines of the usable text; hands on what `ready` has after each piece, so that the consumer sets the pace. */
  async *#pass<T>(visit: LineVisitor, ready: () => T[], signal: AbortSignal): AsyncGenerator<T, void, undefined> {
    signal.throwIfAborted();
    const { identity, usableBytes, format } = this.facts;
    const { handle, identity: now } = await openFile(this.path);
    try {
      if (!sameOrGrown(identity, now)) throw changed();
      const lines = new LineSplitter(MAX_LINE_BYTES, visit);
      let left = usableBytes;
      if (left === 0) return;
      for await (const chunk of textOf(format, new FileWindow(handle, identity.sizeBytes)).chunks()) {
        signal.throwIfAborted();
        const usable = chunk.subarray(0, left);
        left -= usable.length;
        const wanted = lines.push(usable);
        if (wanted && left === 0) lines.flush();
        yield* ready();
        if (!wanted || left === 0) return;
      }
      // The text is shorter than it was when it was scanned.
      throw changed();
    } finally {
      await handle.close();
    }
  }
}

function textOf(format: FileFacts['format'], file: FileWindow): RawText {
  return format === 'gzip' ? new GzipText(file) : new PlainText(file);
}

function changed(): TracerError {
  return new TracerError('STORAGE_FAILED', 'the file was changed while it was read');
}
