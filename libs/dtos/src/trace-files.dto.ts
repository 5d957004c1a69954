import { ApiExtraModels, ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';

const COUNTS = { type: 'object', additionalProperties: { type: 'integer' } } as const;
const INTEGER = { type: 'integer' } as const;
const FILE_STATES = ['waiting', 'indexing', 'ready', 'unreadable'] as const;

/** The body of every failure of the trace-file routes. */
export class TraceErrorDto {
  @ApiProperty({ description: 'What is wrong; names the parameter or the file' }) error!: string;
}

/** A file of `/api/v1/files`. */
export class TraceFileDto {
  @ApiProperty({ description: 'Path below the trace directory; the key of the file' }) path!: string;
  @ApiProperty({ description: 'Whether its index has bloom filters' }) has_bloom_data!: boolean;
  @ApiProperty({ description: 'Whether its index has places to start reading at' }) has_checkpoint_index!: boolean;
  @ApiProperty({ description: 'Below 1 MiB: read whole, never indexed' }) is_small!: boolean;
  @ApiProperty({ enum: FILE_STATES }) state!: (typeof FILE_STATES)[number];
}

export class TraceFilesDto {
  @ApiProperty({ type: [TraceFileDto] }) files!: TraceFileDto[];
  @ApiProperty(INTEGER) count!: number;
}

/** Why a file gives less than its bytes. */
export class TraceFileProblemDto {
  @ApiProperty({
    enum: ['truncated', 'damaged', 'garbage', 'unreadable'],
    description:
      'truncated: served up to its last complete line; damaged: served up to the damaged gzip member; garbage: served whole; unreadable: not served',
  })
  kind!: string;
  @ApiProperty() message!: string;
  @ApiPropertyOptional({ ...INTEGER, description: 'Offset in the file' }) at_byte?: number;
}

/** What a file holds and no answer shows. */
export class TraceFileSkippedDto {
  @ApiProperty({ ...INTEGER, description: 'Lines that are no JSON object' }) invalid_lines!: number;
  @ApiProperty({ ...INTEGER, description: 'Lines over 16 MiB' }) oversized_lines!: number;
  @ApiProperty({ ...INTEGER, description: 'Bytes of text behind the last complete line' }) tail_bytes!: number;
  @ApiProperty({ ...INTEGER, description: 'Bytes of the file behind its gzip members' }) garbage_bytes!: number;
}

/** `/api/v1/files/info`: what is known of one file. */
@ApiExtraModels(TraceFileProblemDto, TraceFileSkippedDto)
export class TraceFileInfoDto extends TraceFileDto {
  @ApiProperty({ description: 'Size of the file in MiB' }) size_mb!: number;
  @ApiProperty({ ...INTEGER, description: 'Size of the file' }) compressed_size!: number;
  @ApiProperty({
    ...INTEGER,
    description: 'Indexes of it that answers found damaged since the start; each is made anew',
  })
  damaged_indexes!: number;
  @ApiPropertyOptional({ ...INTEGER, description: 'Newlines in the text; not of small files' }) num_lines?: number;
  @ApiPropertyOptional({ ...INTEGER, description: 'Places to start reading at; not of small files' })
  num_checkpoints?: number;
  @ApiPropertyOptional({ ...INTEGER, description: 'Length of the text that is served; not of small files' })
  uncompressed_size?: number;
  @ApiPropertyOptional({ description: 'Whether the file ends as it should; false while it is being written' })
  complete?: boolean;
  @ApiPropertyOptional(INTEGER) num_events?: number;
  @ApiPropertyOptional(INTEGER) num_metadata_records?: number;
  @ApiPropertyOptional({ type: TraceFileSkippedDto }) skipped?: TraceFileSkippedDto;
  @ApiPropertyOptional({ type: TraceFileProblemDto }) problem?: TraceFileProblemDto;
  @ApiPropertyOptional({ type: 'number' }) min_timestamp_us?: number;
  @ApiPropertyOptional({ type: 'number' }) max_timestamp_us?: number;
}

export class TraceTimeRangeDto {
  @ApiProperty({ description: 'Earliest start' }) min_timestamp_us!: number;
  @ApiProperty({ description: 'Latest end' }) max_timestamp_us!: number;
}

/** A file of `/api/v1/info`. */
export class TraceFileBoundsDto extends TraceFileDto {
  @ApiPropertyOptional({ description: 'Earliest start' }) min_timestamp_us?: number;
  @ApiPropertyOptional({ description: 'Latest end' }) max_timestamp_us?: number;
}

/** `/api/v1/info`: the directory as a whole. */
export class TraceInfoDto {
  @ApiProperty(INTEGER) file_count!: number;
  @ApiPropertyOptional({ type: TraceTimeRangeDto, description: 'Absent when no event has a time' })
  time_range?: TraceTimeRangeDto;
  @ApiProperty({ type: [TraceFileBoundsDto] }) files!: TraceFileBoundsDto[];
  @ApiProperty({ ...COUNTS, description: 'Entries that look like trace files and are not, by reason' })
  ignored!: Record<string, number>;
}

export class TraceSpanDto extends TraceTimeRangeDto {
  @ApiProperty() time_span_seconds!: number;
}

/** Durations of the events that have one; all but the quantiles exact. */
export class TraceDurationDto {
  @ApiProperty({ ...INTEGER, description: 'Events with a duration' }) count!: number;
  @ApiProperty() sum_us!: number;
  @ApiProperty() mean_us!: number;
  @ApiProperty() min_us!: number;
  @ApiProperty() max_us!: number;
  @ApiProperty({ description: 'Of the sample (n - 1)' }) stddev_us!: number;
  @ApiPropertyOptional({ description: 'Median, right to 1/64' }) p50_us?: number;
  @ApiPropertyOptional() p95_us?: number;
  @ApiPropertyOptional() p99_us?: number;
}

/** A file of `/api/v1/stats`. */
export class TraceFileStatsDto {
  @ApiProperty() file_path!: string;
  @ApiProperty() success!: boolean;
  @ApiPropertyOptional({ description: 'Why the file could not be read' }) error?: string;
  @ApiProperty(INTEGER) total_events!: number;
  @ApiProperty(INTEGER) num_categories!: number;
  @ApiProperty(INTEGER) num_unique_names!: number;
  @ApiProperty(INTEGER) num_pid_tids!: number;
  @ApiPropertyOptional({ type: TraceSpanDto }) time_range?: TraceSpanDto;
  @ApiProperty({ type: TraceDurationDto }) duration!: TraceDurationDto;
  @ApiProperty(COUNTS) category_counts!: Record<string, number>;
  @ApiProperty(COUNTS) name_counts!: Record<string, number>;
  @ApiProperty({ ...COUNTS, description: 'By `pid:tid`' }) pid_tid_counts!: Record<string, number>;
}

export class TraceStatsDto {
  @ApiProperty({ ...INTEGER, description: 'Files that could be read' }) file_count!: number;
  @ApiProperty(INTEGER) total_events!: number;
  @ApiProperty({ ...INTEGER, description: 'Always 0: small files are counted like all others' })
  skipped_small_files!: number;
  @ApiProperty({ type: [TraceFileStatsDto] }) files!: TraceFileStatsDto[];
}

/** What happened between the pixels: events that the summary level leaves out, of one lane and one bin. */
export class VizDensityDto {
  @ApiPropertyOptional({ type: 'number' }) pid?: number;
  @ApiPropertyOptional({ type: 'number' }) tid?: number;
  @ApiProperty({ description: 'Start of the bin' }) ts!: number;
  @ApiProperty({ description: 'Width of the bin' }) dur!: number;
  @ApiProperty({ ...INTEGER, description: 'Events that begin in the bin' }) count!: number;
  @ApiProperty({ description: 'Time that events spend in the bin, each counted' }) busy!: number;
  @ApiProperty({ description: 'Name of the event with the longest stay in the bin' }) top!: string;
}

export class VizMetadataDto {
  @ApiProperty() begin!: number;
  @ApiProperty() end!: number;
  @ApiProperty({ ...INTEGER, description: 'Elements of `events`, metadata records included' }) count!: number;
  @ApiProperty({ ...INTEGER, description: 'As asked; 0 is no limit' }) limit!: number;
  @ApiProperty({ description: 'Whether the limit cut something' }) truncated!: boolean;
  @ApiProperty({ description: 'Whether times are relative to `global_min_timestamp_us`' }) ts_normalized!: boolean;
  @ApiProperty({ type: 'number', nullable: true, description: 'Earliest event of the directory, epoch µs' })
  global_min_timestamp_us!: number | null;
}

/** `/api/v1/viz/events`: streamed, in this order of keys. */
export class VizEventsDto {
  @ApiProperty({ type: 'array', items: { type: 'object' }, description: 'Records as in the files, `ts` shifted' })
  events!: object[];
  @ApiPropertyOptional({ type: [VizDensityDto] }) density?: VizDensityDto[];
  @ApiProperty({ type: VizMetadataDto }) metadata!: VizMetadataDto;
}
