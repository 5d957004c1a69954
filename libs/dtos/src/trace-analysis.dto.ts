import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import {
  ArrayMaxSize,
  IsArray,
  IsBoolean,
  IsIn,
  IsInt,
  IsNumber,
  IsOptional,
  IsPositive,
  IsString,
  Max,
  Min,
} from 'class-validator';

const INTEGER = { type: 'integer' } as const;
const NULLABLE_NUMBER = { type: 'number', nullable: true } as const;
const NUMBERS = { type: 'array', items: { type: 'number' } } as const;
const INTEGERS = { type: 'array', items: { type: 'integer' } } as const;
const STRINGS = { type: 'array', items: { type: 'string' } } as const;

/** How full a lane is: parallel arrays, an element for each bin in which something happens. */
export class DensityLaneDto {
  @ApiProperty(NULLABLE_NUMBER) pid!: number | null;
  @ApiProperty({ ...NULLABLE_NUMBER, description: 'null when lanes are processes' }) tid!: number | null;
  @ApiProperty({ ...INTEGERS, description: 'Numbers of the bins, from 0' }) bin!: number[];
  @ApiProperty({ ...INTEGERS, description: 'Events that begin in the bin' }) count!: number[];
  @ApiProperty({ ...NUMBERS, description: 'Time that events spend in the bin, each counted' }) busy_us!: number[];
  @ApiProperty({ ...INTEGERS, description: 'Index in `names` of the event with the longest stay' }) top!: number[];
}

/** `/api/v1/viz/density`. */
export class DensityDto {
  @ApiProperty() begin!: number;
  @ApiProperty() end!: number;
  @ApiProperty(INTEGER) bins!: number;
  @ApiProperty({ description: 'Width of a bin' }) bin_us!: number;
  @ApiProperty() ts_normalized!: boolean;
  @ApiProperty(NULLABLE_NUMBER) global_min_timestamp_us!: number | null;
  @ApiProperty({ ...INTEGER, description: 'Events in the picture' }) events!: number;
  @ApiProperty({ ...STRINGS }) names!: string[];
  @ApiProperty({ type: [DensityLaneDto] }) lanes!: DensityLaneDto[];
}

export class CallNodeDto {
  @ApiProperty() name!: string;
  @ApiProperty(INTEGER) count!: number;
  @ApiProperty() total_us!: number;
  @ApiProperty({ description: 'Time that no call inside accounts for' }) self_us!: number;
  @ApiProperty({ type: () => [CallNodeDto] }) children!: CallNodeDto[];
}

export class CallTreeLaneDto {
  @ApiProperty(NULLABLE_NUMBER) pid!: number | null;
  @ApiProperty(NULLABLE_NUMBER) tid!: number | null;
  @ApiProperty({ description: 'Of the outermost calls' }) total_us!: number;
  @ApiProperty({ type: [CallNodeDto], description: 'Most time first' }) children!: CallNodeDto[];
}

/** `/api/v1/viz/calltree`. Every event is in `events` or in one of the counts below it. */
export class CallTreeDto {
  @ApiProperty({ type: [CallTreeLaneDto] }) lanes!: CallTreeLaneDto[];
  @ApiProperty({ ...INTEGER, description: 'Events that were folded' }) events!: number;
  @ApiProperty({ ...INTEGER, description: 'Events without a start' }) untimed!: number;
  @ApiProperty({ ...INTEGER, description: 'Events beyond what fits into memory' }) left_out!: number;
  @ApiProperty({ ...INTEGER, description: 'Events that reached beyond the one around them and were cut' }) cut!: number;
  @ApiProperty({ ...INTEGER, description: 'Events nested too deep for a node of their own' }) too_deep!: number;
  @ApiProperty({ ...INTEGER, description: 'Nodes with the least time that `limit` left out' }) pruned!: number;
}

export class HistogramBucketDto {
  @ApiProperty({ description: 'Inclusive' }) from_us!: number;
  @ApiProperty({ description: 'Exclusive' }) to_us!: number;
  @ApiProperty(INTEGER) count!: number;
}

/** `/api/v1/viz/histogram`: durations. Counts are exact, quantiles right to 1/64. */
export class HistogramDto {
  @ApiProperty({ ...INTEGER, description: 'Events with a duration' }) count!: number;
  @ApiProperty(INTEGER) without_duration!: number;
  @ApiProperty({ ...INTEGER, description: 'Events of no length; in no bucket' }) zero!: number;
  @ApiProperty({ ...INTEGER, description: 'Events of negative length; in no bucket' }) negative!: number;
  @ApiProperty(NULLABLE_NUMBER) p50_us!: number | null;
  @ApiProperty(NULLABLE_NUMBER) p95_us!: number | null;
  @ApiProperty(NULLABLE_NUMBER) p99_us!: number | null;
  @ApiProperty(NULLABLE_NUMBER) max_us!: number | null;
  @ApiProperty({ type: [HistogramBucketDto] }) buckets!: HistogramBucketDto[];
}

export class EventNameDto {
  @ApiProperty({ type: 'string', nullable: true }) name!: string | null;
  @ApiProperty({ type: 'string', nullable: true }) cat!: string | null;
  @ApiProperty(INTEGER) count!: number;
  @ApiProperty() total_us!: number;
  @ApiProperty(NULLABLE_NUMBER) mean_us!: number | null;
  @ApiProperty(NULLABLE_NUMBER) min_us!: number | null;
  @ApiProperty(NULLABLE_NUMBER) max_us!: number | null;
}

/** `/api/v1/names`. */
export class EventNamesDto {
  @ApiProperty({ type: [EventNameDto], description: 'Most time first' }) names!: EventNameDto[];
  @ApiProperty({ ...INTEGER, description: 'Names that there are' }) total!: number;
  @ApiProperty({ description: 'Whether the limit cut some' }) truncated!: boolean;
  @ApiProperty({ ...INTEGER, description: 'Events of names beyond what fits into memory' }) left_out!: number;
}

/** A thread of a file. */
export class LaneDto {
  @ApiProperty() file!: string;
  @ApiProperty(NULLABLE_NUMBER) pid!: number | null;
  @ApiProperty(NULLABLE_NUMBER) tid!: number | null;
  @ApiPropertyOptional() host?: string;
  @ApiPropertyOptional() rank?: string;
  @ApiPropertyOptional() process_name?: string;
  @ApiPropertyOptional() thread_name?: string;
  @ApiProperty(INTEGER) events!: number;
  @ApiProperty(NULLABLE_NUMBER) min_timestamp_us!: number | null;
  @ApiProperty(NULLABLE_NUMBER) max_timestamp_us!: number | null;
  @ApiProperty({ description: 'Sum of durations' }) busy_us!: number;
}

/** `/api/v1/lanes`, by file, process and thread. */
export class LanesDto {
  @ApiProperty({ type: [LaneDto] }) lanes!: LaneDto[];
}

/** `/api/v1/counters`: parallel arrays, an element a bucket. */
export class CountersDto {
  @ApiProperty({ ...NULLABLE_NUMBER, description: 'Start of the first bucket, epoch µs; null without any time' })
  begin_us!: number | null;
  @ApiProperty() bucket_us!: number;
  @ApiProperty({ ...INTEGERS, description: 'Events that begin in the bucket' }) operations!: number[];
  @ApiProperty(INTEGERS) read_operations!: number[];
  @ApiProperty(INTEGERS) write_operations!: number[];
  @ApiProperty({ ...NUMBERS, description: 'Bytes, spread over the time of their operation' }) read_bytes!: number[];
  @ApiProperty(NUMBERS) write_bytes!: number[];
  @ApiProperty({ ...NUMBERS, description: 'Time that events spend in the bucket' }) busy_us!: number[];
  @ApiProperty({ ...INTEGER, description: 'Events without a start' }) untimed!: number;
}

export const AGGREGATES = ['count', 'sum', 'mean', 'min', 'max', 'p50', 'p95', 'p99', 'bytes'] as const;
export type Aggregate = (typeof AGGREGATES)[number];

const text = { each: true } as const;

/** Body of `POST /api/v1/query`. */
export class TraceQueryDto {
  @ApiPropertyOptional({ ...STRINGS, description: 'Paths of files; all when absent' })
  @IsOptional()
  @IsArray()
  @IsString(text)
  files?: string[];

  @ApiPropertyOptional({ ...STRINGS, description: 'Event names, one of them' })
  @IsOptional()
  @IsArray()
  @IsString(text)
  name?: string[];

  @ApiPropertyOptional({ ...STRINGS, description: 'Categories, one of them' })
  @IsOptional()
  @IsArray()
  @IsString(text)
  cat?: string[];

  @ApiPropertyOptional() @IsOptional() @IsNumber() pid?: number;
  @ApiPropertyOptional() @IsOptional() @IsNumber() tid?: number;
  @ApiPropertyOptional({ description: 'Epoch µs, inclusive' }) @IsOptional() @IsNumber() ts_min?: number;
  @ApiPropertyOptional({ description: 'Epoch µs, inclusive' }) @IsOptional() @IsNumber() ts_max?: number;
  @ApiPropertyOptional() @IsOptional() @IsBoolean() overlap?: boolean;
  @ApiPropertyOptional() @IsOptional() @IsNumber() dur_min?: number;
  @ApiPropertyOptional() @IsOptional() @IsNumber() dur_max?: number;

  @ApiPropertyOptional({
    type: 'array',
    items: { type: 'object' },
    description: 'Further conditions, all must hold: `{"field": "args.ret", "op": "<", "value": 0}`',
  })
  @IsOptional()
  @IsArray()
  @ArrayMaxSize(100)
  filters?: unknown[];

  @ApiPropertyOptional({
    ...STRINGS,
    description: 'name, cat, pid, tid, ph, file, fname, hostname, time, size or args.<key>; none = one group',
  })
  @IsOptional()
  @IsArray()
  @ArrayMaxSize(8)
  @IsString(text)
  group_by?: string[];

  @ApiPropertyOptional({ type: 'array', items: { type: 'string', enum: [...AGGREGATES] }, description: 'Of durations' })
  @IsOptional()
  @IsArray()
  @IsIn(AGGREGATES, text)
  aggregate?: Aggregate[];

  @ApiPropertyOptional({ description: 'Width of a group by time; default one second' })
  @IsOptional()
  @IsNumber()
  @IsPositive()
  time_bucket_us?: number;

  @ApiPropertyOptional({ enum: [...AGGREGATES], description: 'Largest first; default the first aggregate' })
  @IsOptional()
  @IsIn(AGGREGATES)
  order_by?: Aggregate;

  @ApiPropertyOptional({ ...INTEGER, minimum: 1, maximum: 100_000, description: 'Most groups; default 1000' })
  @IsOptional()
  @IsInt()
  @Min(1)
  @Max(100_000)
  limit?: number;

  @ApiPropertyOptional({ description: 'false answers 503 at once when a file is still being indexed' })
  @IsOptional()
  @IsBoolean()
  wait?: boolean;
}

export class TraceGroupDto {
  @ApiProperty({ type: 'object', additionalProperties: true, description: 'Value of each `group_by` field, or null' })
  key!: Record<string, string | number | null>;
  @ApiProperty({
    type: 'object',
    additionalProperties: { type: 'number', nullable: true },
    description: 'By aggregate',
  })
  values!: Record<string, number | null>;
}

export class TraceGroupsDto {
  @ApiProperty({ type: [TraceGroupDto] }) groups!: TraceGroupDto[];
  @ApiProperty({ ...INTEGER, description: 'Groups that there are' }) total_groups!: number;
  @ApiProperty({ description: 'Whether the limit cut some' }) truncated!: boolean;
  @ApiProperty({ ...INTEGER, description: 'Events that fit the conditions' }) matched!: number;
  @ApiProperty({ ...INTEGER, description: 'Of them, events of groups beyond what fits into memory' }) left_out!: number;
}
