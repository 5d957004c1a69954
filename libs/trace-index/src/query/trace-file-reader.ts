import type { Definitions } from './definitions.js';
import type { EventSink } from './event-sink.js';
import type { FileFacts } from './file-facts.js';
import type { FileSummary } from './file-summary.js';
import type { Filter } from './filter.js';

/**
 * Which metadata records accompany the events of a selection:
 *
 * - `all`: every metadata record of the file at its place in file order, whatever the filter says;
 * - `referenced`: before a matching event those FH, HH and SH records that it refers to (`HASH_REFERENCES`) and that
 *   this selection of this file has not sent yet. Of several records of one kind and hash the first of the file counts;
 *   one that stands behind the event in the file does not. Several records before one event come in file order;
 * - `none`: events alone.
 */
export type MetadataPolicy = 'all' | 'referenced' | 'none';

export interface SelectOptions {
  readonly metadata: MetadataPolicy;
  /** Most events to return, metadata records not counted; `undefined` = all. 0 returns nothing at all. */
  readonly limit?: number | undefined;
  /** A hint, for answers without a limit: blocks may come with times shifted by this (a whole number), marked as such. */
  readonly shiftUs?: number | undefined;
}

/** A piece of an answer: whole lines, each the trimmed source bytes and one newline. */
export interface EventBlock {
  readonly bytes: Buffer;
  /** How many of the lines are events; the others are metadata records. */
  readonly events: number;
  /** All lines are events and already what `shiftedArray` makes of them: elements of an array, each with a comma. */
  readonly shifted?: true;
}

/** Blocks are at most this long, unless a single line is longer: such a line is a block of its own. */
export const BLOCK_BYTES = 256 * 1024;

export type { Definitions, LaneFact } from './definitions.js';

/**
 * Reads one trace file whose extent is known (`facts`): the plain reader scans the file, the indexed one opens its
 * sidecar. Both give the same bytes for every question.
 *
 * **Record lines.** A line is the bytes between newlines; blanks (space, tab, CR) around it, one trailing comma and the
 * blanks before the comma are not part of it. A record is a line that is one valid JSON object; `[`, `]` and empty lines
 * are nothing; every other line is invalid, skipped and counted (`facts.skipped`). So is a line over 16 MiB.
 *
 * **Extent.** Lines are taken from the first `facts.usableBytes` of the raw text only.
 *
 * **Cancellation.** Every method stops soon after `signal` aborts and then rejects with the signal's reason; ending the
 * iteration of `select` early frees everything, too.
 *
 * **Changes.** A reader answers for the file as it was when it was opened. If the file on disk was replaced or rewritten
 * since, methods reject with TracerError STORAGE_FAILED; a file that only grew is served up to the known extent.
 */
export interface TraceFileReader {
  readonly facts: FileFacts;
  readonly summary: FileSummary;
  /**
   * Set once an answer has failed because the index cannot be read any more: `damaged`, or `gone` (removed, replaced).
   * Answers go on failing then; the file has to be opened anew, which builds another index when it is needed.
   */
  readonly indexLoss?: 'damaged' | 'gone' | undefined;

  /**
   * The matching lines in file order, metadata by policy. After the last event of a limit nothing more comes.
   * Yields only when the consumer asks (back-pressure); a block's buffer belongs to the consumer.
   */
  select(filter: Filter, options: SelectOptions, signal: AbortSignal): AsyncIterable<EventBlock>;

  /** Feeds every matching event, never a metadata record, in file order. */
  aggregate(filter: Filter, sink: EventSink, signal: AbortSignal): Promise<void>;

  definitions(signal: AbortSignal): Promise<Definitions>;

  /** Lets go of everything once the questions under way are answered; later ones are not asked. */
  close(): Promise<void>;
}
