import type {
  TraceDurationDto,
  TraceFileBoundsDto,
  TraceFileDto,
  TraceFileInfoDto,
  TraceFileProblemDto,
  TraceFileStatsDto,
} from '@tracer/dtos';
import type { FileFacts, FileSummary, TraceFileReader } from '@tracer/trace-index';
import type { CatalogueFile } from '../catalogue/catalogue-file.js';

/** How the catalogue's knowledge of files looks on the wire. */
export function fileDto(file: CatalogueFile): Pick<TraceFileDto, keyof TraceFileDto> {
  const indexed = file.usable?.facts.indexed ?? false;
  return {
    path: file.path,
    has_bloom_data: indexed,
    has_checkpoint_index: indexed,
    is_small: file.isSmall,
    state: file.state,
  };
}

export function boundsDto(file: CatalogueFile): TraceFileBoundsDto {
  return { ...fileDto(file), ...boundsOf(file.usable?.summary) };
}

function boundsOf(summary: FileSummary | undefined): Pick<TraceFileBoundsDto, 'min_timestamp_us' | 'max_timestamp_us'> {
  if (summary?.minTsUs === undefined || summary.maxEndUs === undefined) return {};
  return { min_timestamp_us: summary.minTsUs, max_timestamp_us: summary.maxEndUs };
}

export function infoDto(file: CatalogueFile, reader: TraceFileReader): TraceFileInfoDto {
  const { facts, summary } = reader;
  const sizeBytes = facts.identity.sizeBytes;
  return {
    ...fileDto(file),
    size_mb: sizeBytes / 2 ** 20,
    compressed_size: sizeBytes,
    damaged_indexes: file.damagedIndexes,
    ...(file.isSmall ? {} : sizesOf(facts)),
    complete: facts.complete,
    num_events: facts.events,
    num_metadata_records: facts.metadataRecords,
    skipped: {
      invalid_lines: facts.skipped.invalidLines,
      oversized_lines: facts.skipped.oversizedLines,
      tail_bytes: facts.skipped.tailBytes,
      garbage_bytes: facts.skipped.garbageBytes,
    },
    ...(facts.problem ? { problem: problemDto(facts.problem) } : {}),
    ...boundsOf(summary),
  };
}

function sizesOf(facts: FileFacts): Partial<TraceFileInfoDto> {
  return { num_lines: facts.lines, num_checkpoints: facts.checkpoints, uncompressed_size: facts.usableBytes };
}

function problemDto({ kind, message, atByte }: NonNullable<FileFacts['problem']>): TraceFileProblemDto {
  return { kind, message, at_byte: atByte };
}

/** A file that is there and cannot be read. */
export function unreadableInfoDto(file: CatalogueFile, message: string): TraceFileInfoDto {
  const { sizeBytes } = file.listed;
  return {
    ...fileDto(file),
    size_mb: sizeBytes / 2 ** 20,
    compressed_size: sizeBytes,
    damaged_indexes: file.damagedIndexes,
    problem: { kind: 'unreadable', message },
  };
}

export function statsDto(path: string, summary: FileSummary): TraceFileStatsDto {
  const { minTsUs, maxEndUs } = summary;
  const timed = minTsUs !== undefined && maxEndUs !== undefined;
  return {
    file_path: path,
    success: true,
    total_events: summary.totalEvents,
    num_categories: summary.categories.size,
    num_unique_names: summary.names.size,
    num_pid_tids: summary.pidTids.size,
    ...(timed ? { time_range: spanOf(minTsUs, maxEndUs) } : {}),
    duration: durationDto(summary),
    category_counts: countsOf(summary.categories),
    name_counts: countsOf(summary.names),
    pid_tid_counts: countsOf(summary.pidTids),
  };
}

function spanOf(minTsUs: number, maxEndUs: number): NonNullable<TraceFileStatsDto['time_range']> {
  return { min_timestamp_us: minTsUs, max_timestamp_us: maxEndUs, time_span_seconds: (maxEndUs - minTsUs) / 1e6 };
}

/** Names come from traces: `__proto__` is one like any other. */
function countsOf(counts: ReadonlyMap<string, number>): Record<string, number> {
  return Object.fromEntries(counts);
}

function durationDto({ durations }: FileSummary): TraceDurationDto {
  const { sketch } = durations;
  const quantile = (q: number): number => sketch.quantile(q) ?? 0;
  return {
    count: durations.count,
    sum_us: durations.sumUs,
    mean_us: durations.meanUs,
    min_us: durations.minUs,
    max_us: durations.maxUs,
    stddev_us: durations.stddevUs,
    ...(durations.count > 0 ? { p50_us: quantile(0.5), p95_us: quantile(0.95), p99_us: quantile(0.99) } : {}),
  };
}

export function unreadableStatsDto(path: string, error: string): TraceFileStatsDto {
  return {
    file_path: path,
    success: false,
    error,
    total_events: 0,
    num_categories: 0,
    num_unique_names: 0,
    num_pid_tids: 0,
    duration: { count: 0, sum_us: 0, mean_us: 0, min_us: 0, max_us: 0, stddev_us: 0 },
    category_counts: {},
    name_counts: {},
    pid_tid_counts: {},
  };
}
