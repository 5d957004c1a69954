import type { FileFacts, FileIdentity } from '../query/file-facts.js';
import type { DurationTotals, FileSummary } from '../query/file-summary.js';
import { DurationSketch } from '../query/duration-sketch.js';
import type { LaneFact } from '../query/trace-file-reader.js';
import type { FileMark } from './file-mark.js';

/** The section `facts` of an index: what is asked of a file before any of its events is. */
export interface IndexFacts {
  readonly mark: FileMark;
  readonly facts: Omit<FileFacts, 'identity'>;
  readonly summary: StoredSummary;
  readonly rows: number;
  readonly lanes: readonly LaneFact[];
}

/** A `FileSummary` without what the dictionaries say. */
export interface StoredSummary {
  readonly totalEvents: number;
  readonly minTsUs: number | undefined;
  readonly maxEndUs: number | undefined;
  readonly durations: Omit<DurationTotals, 'sketch'> & { readonly buckets: readonly (readonly [number, number])[] };
}

export function encodeFacts(facts: IndexFacts): Buffer {
  return Buffer.from(JSON.stringify(facts));
}

/** @throws SyntaxError when the bytes are no JSON */
export function decodeFacts(bytes: Buffer): IndexFacts {
  return JSON.parse(bytes.toString()) as IndexFacts;
}

/** How often each name, category and lane occurs among the events. */
export type Counts = Pick<FileSummary, 'names' | 'categories' | 'pidTids'>;

export function summaryOf(stored: StoredSummary, counts: Counts): FileSummary {
  const { totalEvents, minTsUs, maxEndUs, durations } = stored;
  const { buckets, ...totals } = durations;
  const sketch = DurationSketch.restore({ buckets, min: totals.minUs, max: totals.maxUs });
  return { totalEvents, minTsUs, maxEndUs, ...counts, durations: { ...totals, sketch } };
}

export function factsOf(stored: IndexFacts, identity: FileIdentity): FileFacts {
  return { ...stored.facts, identity };
}
