import { HASH_KEYS, LINE_CLASS, type HashUse } from '../kernels/line-scanner.js';
import type { FileFacts, FileProblem } from '../query/file-facts.js';
import { HASH_REFERENCES, type HashKind } from '../query/trace-event.js';
import type { ChunkTable } from './chunk-table.js';
import { encodeHashes, type StoredHash } from './definition-section.js';
import { encodeFilters, filtersOf, type FilterField } from './file-filters.js';
import type { FileMark } from './file-mark.js';
import type { AssembledText, IndexAssembler } from './index-assembler.js';
import {
  countsOf,
  decodeClasses,
  decodeLanes,
  encodeClasses,
  encodeLanes,
  encodeTexts,
  type TraceClass,
  type TraceLane,
} from './index-dictionaries.js';
import { encodeFacts, type IndexFacts, type StoredSummary } from './index-facts.js';
import type { SectionName } from './index-format.js';
import type { TextEnd } from './text-pieces.js';

/** What one pass over a text leaves, its chunks being in the index file already. */
export interface IndexContents {
  readonly assembler: IndexAssembler;
  readonly chunks: ChunkTable;
  readonly text: AssembledText;
  readonly end: TextEnd;
}

export interface EncodedIndex {
  readonly facts: IndexFacts;
  readonly sections: Readonly<Record<SectionName, Buffer>>;
}

/** Everything of an index that is not chunks. */
export function sectionsOf(contents: IndexContents, mark: FileMark, format: FileFacts['format']): EncodedIndex {
  const { assembler, chunks } = contents;
  const { texts, classes, lanes } = assembler.scanner;
  const textSection = encodeTexts(texts.count, (id) => texts.text(id));
  const count = classes.count + 1;
  const { columns } = assembler;
  const classSection = encodeClasses(classes.words(), columns.classCounts(count), columns.moves(count));
  const laneCount = lanes.count + 1;
  const laneSection = encodeLanes(lanes.doubles(), columns.laneCounts(laneCount), columns.laneTotals(laneCount));
  const decodedClasses = decodeClasses(classSection, textSection);
  const decodedLanes = decodeLanes(laneSection);
  const summary = storedSummary(contents, decodedClasses);
  const facts: IndexFacts = {
    mark,
    rows: contents.text.rows,
    lanes: assembler.definitions.lanes,
    summary,
    facts: fileFacts(contents, mark, format, decodedClasses),
  };
  const filters = filtersOf(filterValues(assembler, decodedClasses, decodedLanes), summary.totalEvents);
  return {
    facts,
    sections: {
      facts: encodeFacts(facts),
      texts: textSection,
      classes: classSection,
      lanes: laneSection,
      chunks: chunks.finish(),
      definitions: encodeHashes(storedHashes(contents)),
      filters: encodeFilters(filters),
    },
  };
}

const rowsOf = (classes: readonly TraceClass[], kind: TraceClass['kind']): number =>
  classes.reduce((sum, one) => sum + (one.kind === kind ? one.rows : 0), 0);

function fileFacts(
  { text, end, chunks }: IndexContents,
  mark: FileMark,
  format: FileFacts['format'],
  classes: readonly TraceClass[],
): Omit<FileFacts, 'identity'> {
  const problem = end.problem ?? (text.complete ? undefined : unfinished(mark));
  return {
    format,
    complete: text.complete,
    ...(problem && { problem }),
    members: end.members,
    usableBytes: end.textBytes - text.tailBytes,
    lines: text.lines,
    events: rowsOf(classes, 'event'),
    metadataRecords: rowsOf(classes, 'metadata'),
    skipped: {
      invalidLines: classes[LINE_CLASS.invalid]?.rows ?? 0,
      oversizedLines: classes[LINE_CLASS.oversized]?.rows ?? 0,
      tailBytes: text.tailBytes,
      garbageBytes: end.garbageBytes,
    },
    checkpoints: chunks.count,
    indexed: true,
  };
}

function unfinished(mark: FileMark): FileProblem {
  return { kind: 'truncated', atByte: mark.sizeBytes, message: 'ends inside a line' };
}

function storedSummary({ assembler }: IndexContents, classes: readonly TraceClass[]): StoredSummary {
  const { sketch, ...durations } = assembler.durations.totals(assembler.columns.sketchBuckets());
  const { minTsUs, maxEndUs } = assembler.times;
  return {
    totalEvents: rowsOf(classes, 'event'),
    minTsUs,
    maxEndUs,
    durations: { ...durations, buckets: sketch.snapshot().buckets },
  };
}

/** Bits of `HASH_KEYS` by which an event refers to a record of a kind. */
const keysOf = (kind: HashKind): number =>
  HASH_REFERENCES[kind].reduce((bits, key) => bits | (HASH_KEYS.get(key) ?? 0), 0);
const KEYS: Readonly<Record<HashKind, number>> = { FH: keysOf('FH'), HH: keysOf('HH'), SH: keysOf('SH') };

function storedHashes({ assembler, chunks }: IndexContents): StoredHash[] {
  const uses = new Map(assembler.hashUses().map(({ text, use }) => [text, use]));
  const everywhere: HashUse = { firstChunk: 0, lastChunk: chunks.count, keys: -1 };
  const nowhere: HashUse = { firstChunk: 1, lastChunk: 0, keys: 0 };
  return assembler.definitions.hashes().map((record) => {
    let use = assembler.scanner.hashesLost ? everywhere : (uses.get(record.hash) ?? nowhere);
    if ((use.keys & KEYS[record.kind]) === 0) use = nowhere;
    return { ...record, firstChunk: use.firstChunk, lastChunk: use.lastChunk };
  });
}

function filterValues(
  assembler: IndexAssembler,
  classes: readonly TraceClass[],
  lanes: readonly TraceLane[],
): Record<FilterField, string[]> {
  const { names, categories } = countsOf(classes, lanes);
  const busy = lanes.filter((lane) => lane.events > 0);
  const numbers = (field: 'pid' | 'tid'): string[] => [
    ...new Set(busy.flatMap((lane) => (Number.isNaN(lane[field]) ? [] : [String(lane[field])]))),
  ];
  const uses = assembler.hashUses();
  const hashes = (key: string): string[] =>
    uses.flatMap(({ text, use }) => ((use.keys & (HASH_KEYS.get(key) ?? 0)) === 0 ? [] : [text]));
  return {
    name: [...names.keys()],
    cat: [...categories.keys()],
    pid: numbers('pid'),
    tid: numbers('tid'),
    hhash: hashes('hhash'),
    fhash: hashes('fhash'),
  };
}
