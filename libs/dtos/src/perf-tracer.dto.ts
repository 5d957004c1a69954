import { applyDecorators } from '@nestjs/common';
import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { Transform } from 'class-transformer';
import { IsInt, IsNumber, IsOptional, Max, Min } from 'class-validator';
import { StringField } from './properties.js';

const TIME = { format: 'date-time', description: 'ISO 8601 with microseconds' } as const;
const SECONDS = { type: 'number', description: 'Seconds, exact to the microsecond' } as const;
const ID = {
  type: String,
  nullable: true,
  required: false,
  description: 'Tells live runs of a tag apart; null and "" are one',
} as const;
const numeric = Transform(({ value }: { value: unknown }) =>
  typeof value === 'string' && /^-?\d{1,15}(\.\d+)?$/.test(value) ? Number(value) : value,
);
const ANY_JSON = [
  { type: 'string', nullable: true },
  { type: 'number' },
  { type: 'boolean' },
  { type: 'object' },
  { type: 'array', items: {} },
];
const LAST = {
  type: 'integer',
  minimum: 1,
  maximum: 1000,
  default: 100,
  description: 'How many runs, newest first',
} as const;

export class StartRunDto {
  @ApiProperty() trace_tag!: string;
  @ApiProperty(ID) trace_id?: string | null;
}

export class AddStepDto extends StartRunDto {
  @ApiProperty() step_name!: string;
  @ApiPropertyOptional({ default: true, description: 'False: the time of this step is not counted' })
  track_duration?: boolean;
  @ApiPropertyOptional({ default: false, description: 'True: the run ends with this step' }) end_trace?: boolean;
}

export class StartedRunDto {
  @ApiProperty() message!: string;
  @ApiProperty() trace_tag!: string;
  @ApiProperty({ ...ID, required: true }) trace_id!: string | null;
  @ApiProperty(TIME) start_time!: string;
}

export class RunStepDto {
  @ApiProperty() step_name!: string;
  @ApiProperty(TIME) step_time!: string;
  @ApiProperty() track_duration!: boolean;
  @ApiProperty(SECONDS) duration_seconds!: number;
}

export class AddedStepDto extends RunStepDto {
  @ApiProperty() message!: string;
  @ApiProperty() trace_tag!: string;
  @ApiProperty({ ...ID, required: true }) trace_id!: string | null;
}

export class FinishedRunDto {
  @ApiProperty() trace_tag!: string;
  @ApiProperty({ ...ID, required: true }) trace_id!: string | null;
  @ApiProperty(TIME) start_time!: string;
  @ApiProperty(TIME) end_time!: string;
  @ApiProperty(SECONDS) duration_seconds!: number;
  @ApiProperty({ type: [RunStepDto] }) steps!: RunStepDto[];
}

export class EndedRunDto extends FinishedRunDto {
  @ApiProperty() message!: string;
}

class RunProblemDto {
  @ApiProperty() type!: string;
  @ApiProperty({ type: 'array', items: { oneOf: [{ type: 'string' }, { type: 'integer' }] } }) loc!: (
    string | number
  )[];
  @ApiProperty() msg!: string;
  @ApiProperty({ description: 'What was given', oneOf: ANY_JSON })
  input!: unknown;
}

export class RunProblemsDto {
  @ApiProperty({ type: [RunProblemDto] }) detail!: RunProblemDto[];
}

class TimedStepDto {
  @ApiProperty() step_name!: string;
  @ApiProperty({ description: 'Milliseconds from the start of the run, by the monotonic clock of the client' })
  offset_ms!: number;
  @ApiPropertyOptional({ default: true }) track_duration?: boolean;
}

export class TimedRunDto {
  @ApiProperty() trace_tag!: string;
  @ApiProperty(ID) trace_id?: string | null;
  @ApiProperty({ type: [TimedStepDto] }) steps!: TimedStepDto[];
  @ApiPropertyOptional({ description: 'End of the run; default: the last step' }) end_ms?: number;
  @ApiPropertyOptional({ description: 'When the batch was sent; default: the end of the run' }) sent_ms?: number;
}

export class RunBatchDto {
  @ApiProperty({ type: [TimedRunDto] }) runs!: TimedRunDto[];
}

export class StoredBatchDto {
  @ApiProperty() message!: string;
  @ApiProperty({ type: 'integer' }) runs!: number;
}

function LastField(): PropertyDecorator {
  return applyDecorators(ApiPropertyOptional(LAST), IsOptional(), numeric, IsInt(), Min(1), Max(1000));
}

function LimitField(figure: string): PropertyDecorator {
  const description = `Most milliseconds of the ${figure}`;
  return applyDecorators(
    ApiPropertyOptional({ type: 'number', description }),
    IsOptional(),
    numeric,
    IsNumber(),
    Min(0),
  );
}

export class RunsQueryDto {
  @LastField()
  last?: number;

  @StringField({ maxLength: 1024, optional: true, description: 'Only runs whose id begins so' })
  id?: string;
}

export class CompareQueryDto {
  @StringField({ maxLength: 1024, description: 'Beginning of the ids, or `<from>..<to>` in ISO 8601' })
  a!: string;

  @StringField({ maxLength: 1024, description: 'The runs to compare them with, in the same way' })
  b!: string;

  @LastField()
  last?: number;
}

export class BudgetQueryDto extends RunsQueryDto {
  @StringField({ maxLength: 1024, optional: true, description: 'Name of the step; default: the whole run' })
  step?: string;

  @LimitField('median') p50_ms?: number;
  @LimitField('95th percentile') p95_ms?: number;
  @LimitField('99th percentile') p99_ms?: number;
  @LimitField('slowest') max_ms?: number;

  @ApiPropertyOptional({ type: 'integer', minimum: 1, default: 1, description: 'Fewer runs are no answer: 404' })
  @IsOptional()
  @numeric
  @IsInt()
  @Min(1)
  @Max(1000)
  min_runs?: number;
}

export class TimeFiguresDto {
  @ApiProperty({ type: 'integer' }) count!: number;
  @ApiProperty(SECONDS) min_seconds!: number;
  @ApiProperty(SECONDS) p50_seconds!: number;
  @ApiProperty(SECONDS) p95_seconds!: number;
  @ApiProperty(SECONDS) p99_seconds!: number;
  @ApiProperty(SECONDS) max_seconds!: number;
}

export class StepFiguresDto extends TimeFiguresDto {
  @ApiProperty() step_name!: string;
}

class RunTrendDto {
  @ApiProperty({ ...SECONDS, description: 'How much longer a run takes than the one before' })
  seconds_per_run!: number;
  @ApiProperty({ description: 'Probability of so clear a trend by chance' }) p_value!: number;
}

const SPAN_TRACE_ID = {
  description: 'Trace id under which `/api/v1/traces/{traceId}` and the Zipkin routes show the run',
} as const;

class RecentRunDto {
  @ApiProperty(SPAN_TRACE_ID) span_trace_id!: string;
  @ApiProperty({ ...ID, required: true }) trace_id!: string | null;
  @ApiProperty(TIME) end_time!: string;
  @ApiProperty(SECONDS) duration_seconds!: number;
}

export class LiveRunDto {
  @ApiProperty({ ...ID, required: true }) trace_id!: string | null;
  @ApiProperty(TIME) start_time!: string;
  @ApiProperty({ ...TIME, description: 'Of the last action' }) last_time!: string;
  @ApiProperty({ type: 'integer' }) steps!: number;
  @ApiPropertyOptional() last_step?: string;
}

/** Parameters of a page: how many, and where the page before ended. */
class PageQueryDto {
  @ApiPropertyOptional({ type: 'integer', minimum: 1, maximum: 1000, default: 100 })
  @IsOptional()
  @numeric
  @IsInt()
  @Min(1)
  @Max(1000)
  limit?: number;

  @ApiPropertyOptional({ type: 'integer', description: 'The `next` of the page before' })
  @IsOptional()
  @numeric
  @IsInt()
  @Min(0)
  @Max(Number.MAX_SAFE_INTEGER)
  cursor?: number;
}

export class TagsQueryDto extends PageQueryDto {
  @StringField({ maxLength: 1024, optional: true, description: 'Only tags with this text in them' })
  contains?: string;
}

class TagFiguresDto {
  @ApiProperty() trace_tag!: string;
  @ApiProperty({ type: 'integer', description: 'Finished runs' }) runs!: number;
  @ApiProperty({ type: 'integer', description: 'Runs that have not finished' }) live!: number;
  @ApiProperty({ ...TIME, description: 'End of the run that finished last' }) last_end_time!: string;
}

export class TagsDto {
  @ApiProperty({ type: [TagFiguresDto] }) tags!: TagFiguresDto[];
  @ApiPropertyOptional({ type: 'integer', description: 'Cursor of the next page; absent at the end' }) next?: number;
}

export class RunPageQueryDto extends PageQueryDto {
  @StringField({ maxLength: 1024, optional: true, description: 'Only runs whose id begins so' })
  id?: string;
}

class ListedRunDto extends FinishedRunDto {
  @ApiProperty(SPAN_TRACE_ID) span_trace_id!: string;
}

export class RunPageDto {
  @ApiProperty() trace_tag!: string;
  @ApiProperty({ type: [ListedRunDto] }) runs!: ListedRunDto[];
  @ApiPropertyOptional({ type: 'integer', description: 'Cursor of the next page; absent at the end' }) next?: number;
}

export class LiveQueryDto {
  @ApiPropertyOptional({ type: 'integer', minimum: 1, maximum: 1000, default: 100 })
  @IsOptional()
  @numeric
  @IsInt()
  @Min(1)
  @Max(1000)
  limit?: number;
}

class TaggedLiveRunDto extends LiveRunDto {
  @ApiProperty() trace_tag!: string;
}

export class LiveRunsDto {
  @ApiProperty({ type: [TaggedLiveRunDto] }) runs!: TaggedLiveRunDto[];
}

export class RunSummaryDto {
  @ApiProperty() trace_tag!: string;
  @ApiProperty({ type: 'integer', description: 'Runs that the figures are of' }) runs!: number;
  @ApiPropertyOptional() total?: TimeFiguresDto;
  @ApiProperty({ type: [StepFiguresDto] }) steps!: StepFiguresDto[];
  @ApiPropertyOptional() trend?: RunTrendDto;
  @ApiProperty({ type: [RecentRunDto], description: 'The runs in the order of finish' }) recent!: RecentRunDto[];
  @ApiProperty({ type: [LiveRunDto], description: 'The first twenty that have not finished' }) live!: LiveRunDto[];
}

class RunSetDto {
  @ApiProperty() selection!: string;
  @ApiProperty({ type: 'integer' }) runs!: number;
}

class RunDifferenceDto {
  @ApiProperty({ type: String, nullable: true, description: 'null: the whole run' }) step_name!: string | null;
  @ApiPropertyOptional() a?: TimeFiguresDto;
  @ApiPropertyOptional() b?: TimeFiguresDto;
  @ApiPropertyOptional({ ...SECONDS, description: 'Median of the differences, b minus a' }) shift_seconds?: number;
  @ApiPropertyOptional({ description: 'By the rank-sum test of Mann and Whitney' }) p_value?: number;
  @ApiPropertyOptional({ description: 'Corrected for the number of comparisons (Holm)' }) p_adjusted?: number;
  @ApiProperty({ description: 'p_adjusted is below 0.05' }) significant!: boolean;
}

export class RunComparisonDto {
  @ApiProperty() trace_tag!: string;
  @ApiProperty() a!: RunSetDto;
  @ApiProperty() b!: RunSetDto;
  @ApiProperty({ type: [RunDifferenceDto] }) differences!: RunDifferenceDto[];
}

class BudgetCheckDto {
  @ApiProperty({ enum: ['p50', 'p95', 'p99', 'max'] }) figure!: string;
  @ApiProperty() limit_ms!: number;
  @ApiProperty() actual_ms!: number;
  @ApiProperty() ok!: boolean;
}

export class RunBudgetDto {
  @ApiProperty() trace_tag!: string;
  @ApiProperty({ type: String, nullable: true, description: 'null: the whole run' }) step_name!: string | null;
  @ApiProperty({ type: 'integer' }) runs!: number;
  @ApiProperty({ description: 'All limits hold' }) ok!: boolean;
  @ApiProperty({ type: [BudgetCheckDto] }) checks!: BudgetCheckDto[];
}
