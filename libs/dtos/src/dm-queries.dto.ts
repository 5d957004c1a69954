import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { Transform } from 'class-transformer';
import { IsIn, IsInt, IsOptional, IsString, Matches, Max, MaxLength, Min } from 'class-validator';
import { StringField } from './properties.js';

export const DM_TYPES = ['binlog', 'job'] as const;
export const DM_OPS = ['insert', 'update', 'delete', 'ddl', 'xid', 'flush', 'skip', 'rotate'] as const;
export const DM_JOB_STATES = ['init', 'queued', 'success', 'error'] as const;
export const DM_JOB_OUTCOMES = ['queued', 'success', 'error', 'skipped', 'lone success', 'lone error'] as const;

const SPAN_TRACE_ID = {
  description: 'Trace id under which `/api/v1/traces/{traceId}` and the Zipkin routes show the trace',
} as const;
const TIME = { maxLength: 40, optional: true } as const;
const POSITION = /^[^]*:\d{1,10}$/;
const whole = Transform(({ value }: { value: unknown }) =>
  typeof value === 'string' && /^\d{1,15}$/.test(value) ? Number(value) : value,
);

/** Which events: absent parameters match everything. */
export class DmEventFilterDto {
  @StringField({ ...TIME, description: 'Earliest time: ISO 8601, or nanoseconds since 1970 as in `tso`' })
  from?: string;

  @StringField({ ...TIME, description: 'Time before which the events must be' })
  to?: string;

  @StringField({ maxLength: 512, optional: true, description: 'Upstream, as in `<source>.syncer.<task>.<n>`' })
  source?: string;

  @StringField({ maxLength: 512, optional: true, description: 'Replication task' })
  task?: string;

  @ApiPropertyOptional({ enum: DM_TYPES })
  @IsOptional()
  @IsIn(DM_TYPES)
  type?: (typeof DM_TYPES)[number];

  @ApiPropertyOptional({ description: 'insert, update, delete, ddl, xid, flush, skip, rotate, or a number' })
  @IsOptional()
  @Matches(new RegExp(`^(${DM_OPS.join('|')}|-?\\d{1,10})$`), {
    message: `op must be ${DM_OPS.join(', ')} or a number`,
  })
  op?: string;

  @ApiPropertyOptional({ description: 'Jobs in this state: init, queued, success, error, or a number' })
  @IsOptional()
  @Matches(new RegExp(`^(${DM_JOB_STATES.join('|')}|-?\\d{1,10})$`), {
    message: `state must be ${DM_JOB_STATES.join(', ')} or a number`,
  })
  state?: string;

  @StringField({ maxLength: 4096, optional: true, description: 'Resolution of a DDL lock' })
  groupId?: string;

  @ApiPropertyOptional({ description: 'Binlog position to begin with: `<file>:<offset>`' })
  @IsOptional()
  @IsString()
  @MaxLength(512)
  @Matches(POSITION, { message: 'fromPosition must be <file>:<offset>' })
  fromPosition?: string;

  @ApiPropertyOptional({ description: 'Binlog position to end with, inclusive' })
  @IsOptional()
  @IsString()
  @MaxLength(512)
  @Matches(POSITION, { message: 'toPosition must be <file>:<offset>' })
  toPosition?: string;

  @StringField({ maxLength: 4096, optional: true, description: 'Part of the statement of a job, as it is written' })
  sql?: string;
}

export class DmEventsQueryDto extends DmEventFilterDto {
  @ApiPropertyOptional({ enum: ['newest', 'oldest'], default: 'newest', description: 'Which events come first' })
  @IsOptional()
  @IsIn(['newest', 'oldest'])
  order?: 'newest' | 'oldest';

  @ApiPropertyOptional({ type: 'integer', minimum: 1, maximum: 1000, default: 100 })
  @IsOptional()
  @whole
  @IsInt()
  @Min(1)
  @Max(1000)
  limit?: number;

  @ApiPropertyOptional({ description: 'The `next` of the page before' })
  @IsOptional()
  @Matches(/^-?\d{1,19}\.\d{1,16}$/, { message: 'cursor must be the "next" of an earlier answer' })
  cursor?: string;
}

export class DmLiveQueryDto extends DmEventFilterDto {
  @ApiPropertyOptional({ type: 'integer', description: 'Begin behind this `seq`; default: what comes from now on' })
  @IsOptional()
  @whole
  @IsInt()
  @Min(0)
  @Max(Number.MAX_SAFE_INTEGER)
  after?: number;
}

export class DmJobsQueryDto {
  @StringField({ maxLength: 512, optional: true, description: 'Upstream' })
  source?: string;

  @StringField({ maxLength: 512, optional: true, description: 'Replication task' })
  task?: string;

  @ApiPropertyOptional({
    enum: [...DM_JOB_OUTCOMES, 'stuck'],
    description: 'Only traces with such a job; stuck: queued longer than `stuckAfterMs` ago',
  })
  @IsOptional()
  @IsIn([...DM_JOB_OUTCOMES, 'stuck'])
  outcome?: (typeof DM_JOB_OUTCOMES)[number] | 'stuck';

  @ApiPropertyOptional({ type: 'integer', minimum: 0, default: 60_000 })
  @IsOptional()
  @whole
  @IsInt()
  @Min(0)
  @Max(Number.MAX_SAFE_INTEGER)
  stuckAfterMs?: number;

  @ApiPropertyOptional({ type: 'integer', minimum: 1, maximum: 200, default: 50 })
  @IsOptional()
  @whole
  @IsInt()
  @Min(1)
  @Max(200)
  limit?: number;

  @ApiPropertyOptional({ type: 'integer', description: 'The `next` of the page before' })
  @IsOptional()
  @whole
  @IsInt()
  @Min(0)
  @Max(Number.MAX_SAFE_INTEGER)
  cursor?: number;
}

export class DmPositionDto {
  @ApiProperty() name!: string;
  @ApiProperty({ type: 'integer' }) pos!: number;
}

export class DmDdlInfoDto {
  @ApiProperty() lockId!: string;
  @ApiProperty({ description: 'Whether this worker executes the statement for all' }) exec!: boolean;
}

/** An event; texts that are not UTF-8 have U+FFFD in place of the bytes that are wrong. */
export class DmEventDto {
  @ApiProperty({ type: 'integer', description: 'Place in the order of arrival' }) seq!: number;
  @ApiProperty({ type: 'integer', description: 'Number of the trace, in the order of first arrival' }) trace!: number;
  @ApiProperty(SPAN_TRACE_ID) spanTraceId!: string;
  @ApiProperty({ type: 'integer', description: 'When it came: microseconds since 1970' }) receivedAtUs!: number;
  @ApiProperty({ enum: DM_TYPES }) type!: (typeof DM_TYPES)[number];
  @ApiProperty({ description: "Nanoseconds since 1970 by the worker's clock, decimal" }) tso!: string;
  @ApiProperty() traceId!: string;
  @ApiPropertyOptional() source?: string;
  @ApiPropertyOptional() task?: string;
  @ApiPropertyOptional() groupId?: string;
  @ApiPropertyOptional({ description: 'Where in the code of the worker' }) filename?: string;
  @ApiPropertyOptional({ type: 'integer' }) line?: number;
  @ApiProperty({ type: 'integer' }) opType!: number;
  @ApiPropertyOptional({ enum: DM_OPS, description: 'Name of opType' }) op?: string;
  @ApiPropertyOptional({ type: 'integer', description: "Binlog events: MySQL's type code" }) eventType?: number;
  @ApiPropertyOptional() safeMode?: boolean;
  @ApiPropertyOptional() tryReSync?: boolean;
  @ApiPropertyOptional({ description: 'Binlog events: lastPos; jobs: pos' }) position?: DmPositionDto;
  @ApiPropertyOptional() currentPosition?: DmPositionDto;
  @ApiPropertyOptional() sql?: string;
  @ApiPropertyOptional({ type: [String] }) ddls?: string[];
  @ApiPropertyOptional({ type: 'integer' }) argsChecksum?: number;
  @ApiPropertyOptional() ddlInfo?: DmDdlInfoDto;
  @ApiPropertyOptional() queueBucket?: string;
  @ApiPropertyOptional({ type: 'integer', description: 'Jobs: number of the state' }) jobState?: number;
  @ApiPropertyOptional({ enum: DM_JOB_STATES, description: 'Name of jobState' }) state?: string;
}

export class DmEventsDto {
  @ApiProperty({ type: [DmEventDto] }) events!: DmEventDto[];
  @ApiPropertyOptional({ description: 'Cursor of the next page; absent at the end' }) next?: string;
}

export class DmJobDto {
  @ApiProperty({ enum: DM_JOB_OUTCOMES, description: 'lone: a report without an announcement' })
  outcome!: (typeof DM_JOB_OUTCOMES)[number];
  @ApiProperty({ description: 'Queued for longer than asked, and nothing since' }) stuck!: boolean;
  @ApiProperty({ type: 'integer' }) opType!: number;
  @ApiPropertyOptional({ enum: DM_OPS }) op?: string;
  @ApiPropertyOptional() sql?: string;
  @ApiPropertyOptional({ type: [String] }) ddls?: string[];
  @ApiPropertyOptional() ddlInfo?: DmDdlInfoDto;
  @ApiPropertyOptional() queueBucket?: string;
  @ApiPropertyOptional() currentPosition?: DmPositionDto;
  @ApiPropertyOptional({ description: 'tso of the announcement' }) queuedTso?: string;
  @ApiPropertyOptional({ description: 'tso of the report' }) doneTso?: string;
  @ApiPropertyOptional({ description: 'Nanoseconds from queued to done, decimal' }) latencyNs?: string;
}

export class DmTraceJobsDto {
  @ApiProperty({ type: 'integer' }) trace!: number;
  @ApiProperty(SPAN_TRACE_ID) spanTraceId!: string;
  @ApiProperty() traceId!: string;
  @ApiPropertyOptional() source?: string;
  @ApiPropertyOptional() task?: string;
  @ApiProperty({ type: [DmEventDto], description: 'What the worker read from the binlog' }) binlog!: DmEventDto[];
  @ApiProperty({ type: [DmJobDto], description: 'What became of it' }) jobs!: DmJobDto[];
  @ApiProperty({ type: 'integer', description: 'Events of the trace that are not considered' }) eventsLeft!: number;
}

export class DmJobsDto {
  @ApiProperty({ type: [DmTraceJobsDto] }) traces!: DmTraceJobsDto[];
  @ApiPropertyOptional({
    type: 'integer',
    description: 'Cursor of the next page; a page may be short, even empty, when matches are rare',
  })
  next?: number;
}

export class DmGroupTraceDto {
  @ApiProperty({ type: 'integer' }) trace!: number;
  @ApiProperty(SPAN_TRACE_ID) spanTraceId!: string;
  @ApiProperty() traceId!: string;
  @ApiProperty({ type: [DmJobDto] }) jobs!: DmJobDto[];
}

export class DmGroupInstanceDto {
  @ApiPropertyOptional() source?: string;
  @ApiPropertyOptional() task?: string;
  @ApiPropertyOptional({ description: 'Whether it executes the statement for the others' }) executes?: boolean;
  @ApiProperty() firstTso!: string;
  @ApiProperty() lastTso!: string;
  @ApiProperty({ type: [DmGroupTraceDto] }) traces!: DmGroupTraceDto[];
}

/** One resolution of a DDL lock, over all instances that took part. */
export class DmGroupDto {
  @ApiProperty() groupId!: string;
  @ApiProperty({ type: [DmGroupInstanceDto] }) instances!: DmGroupInstanceDto[];
  @ApiProperty({ description: 'There are more events than were considered' }) truncated!: boolean;
}

export class DmEvictedDto {
  @ApiProperty({ type: 'integer' }) traces!: number;
  @ApiProperty({ type: 'integer' }) events!: number;
  @ApiProperty({ type: 'integer' }) bytes!: number;
}

export class DmTotalsDto extends DmEvictedDto {
  @ApiProperty({ type: 'integer', description: 'seq of the newest event that ever came' }) lastSeq!: number;
  @ApiProperty({ description: 'What retention has removed since the beginning' }) evicted!: DmEvictedDto;
}

export class DmImportedDto {
  @ApiProperty({ type: 'integer', description: 'Events stored' }) events!: number;
}
