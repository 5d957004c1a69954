import { applyDecorators } from '@nestjs/common';
import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { Type } from 'class-transformer';
import { ArrayMaxSize, ArrayMinSize, IsArray, IsIn, IsOptional, ValidateNested } from 'class-validator';
import { IntField, StringField } from './properties.js';

const NAME = { maxLength: 1024, optional: true } as const;
const TIME = { min: 0, max: 9_000_000_000_000_000, optional: true } as const;
const INTEGER = { type: 'integer' } as const;

export const SPAN_KINDS = ['UNSPECIFIED', 'INTERNAL', 'SERVER', 'CLIENT', 'PRODUCER', 'CONSUMER'] as const;
export const ATTRIBUTE_OPERATORS = ['=', '!=', '~', '>', '<'] as const;
export const SPAN_SORTS = ['start', 'duration'] as const;
export const SPAN_STATUSES = ['ok', 'error'] as const;

function OneOf(values: readonly string[], description: string, optional = true): PropertyDecorator {
  const document = { enum: values as string[], description };
  return applyDecorators(
    optional ? ApiPropertyOptional(document) : ApiProperty(document),
    IsIn(values),
    ...(optional ? [IsOptional()] : []),
  );
}

export class AttributeConditionDto {
  @StringField({ maxLength: 1024, description: 'Attribute of the span, else of its resource' })
  key!: string;

  @OneOf(
    ATTRIBUTE_OPERATORS,
    '=: the text of the value; !=: another one, or no such attribute; ~: contains, whatever the case; > and <: as numbers',
    false,
  )
  op!: (typeof ATTRIBUTE_OPERATORS)[number];

  @StringField({ maxLength: 4096, description: 'What to compare with' })
  value!: string;
}

/** Conditions of which one span must meet all. */
export class ConditionSetDto {
  @ApiProperty({ type: [AttributeConditionDto], minItems: 1, maxItems: 20 })
  @IsArray()
  @ArrayMinSize(1)
  @ArrayMaxSize(20)
  @ValidateNested({ each: true })
  @Type(() => AttributeConditionDto)
  attributes!: AttributeConditionDto[];
}

/** What spans to look for; all parts must hold in one span. */
export class SpanSearchDto {
  @StringField({ ...NAME, description: 'Service that recorded the span' }) service?: string;
  @StringField({ ...NAME, description: 'Name of the span' }) name?: string;
  @OneOf(SPAN_KINDS, 'Kind of the span') kind?: (typeof SPAN_KINDS)[number];
  @OneOf(SPAN_STATUSES, 'Whether the span failed') status?: (typeof SPAN_STATUSES)[number];
  @IntField({ ...TIME, description: 'Least duration, microseconds' }) minDurationUs?: number;
  @IntField({ ...TIME, description: 'Greatest duration, microseconds' }) maxDurationUs?: number;
  @IntField({ ...TIME, description: 'Earliest start, epoch microseconds; a day before toUs when absent' })
  fromUs?: number;
  @IntField({ ...TIME, description: 'Latest start, epoch microseconds; now when absent' }) toUs?: number;

  @ApiPropertyOptional({ type: [AttributeConditionDto], maxItems: 20 })
  @IsOptional()
  @IsArray()
  @ArrayMaxSize(20)
  @ValidateNested({ each: true })
  @Type(() => AttributeConditionDto)
  attributes?: AttributeConditionDto[];

  @ApiPropertyOptional({ type: [ConditionSetDto], maxItems: 20, description: 'At least one of these must hold, too' })
  @IsOptional()
  @IsArray()
  @ArrayMaxSize(20)
  @ValidateNested({ each: true })
  @Type(() => ConditionSetDto)
  anyOf?: ConditionSetDto[];

  @OneOf(SPAN_SORTS, 'Newest first (default), or longest span first') sort?: (typeof SPAN_SORTS)[number];
  @IntField({ min: 1, max: 500, optional: true, description: 'Traces of an answer, 20 when absent' }) limit?: number;
  @StringField({ maxLength: 65_536, optional: true, description: '`next` of the answer before' }) cursor?: string;
}

export class SpanNameDto {
  @ApiProperty({ description: "'' when unknown" }) service!: string;
  @ApiProperty() name!: string;
  @ApiProperty({ enum: SPAN_KINDS }) kind!: string;
}

/** A trace with a span that matches. */
export class TraceSummaryDto {
  @ApiProperty() traceId!: string;
  @ApiPropertyOptional({ type: SpanNameDto, description: 'The span without a parent; absent when it did not arrive' })
  root?: SpanNameDto;
  @ApiProperty({ type: SpanNameDto, description: 'The first of the spans that match' }) match!: SpanNameDto;
  @ApiProperty({ ...INTEGER, description: 'Spans that match' }) matchedSpans!: number;
  @ApiProperty({ type: [String], description: 'Services in it, sorted' }) services!: string[];
  @ApiProperty(INTEGER) spanCount!: number;
  @ApiProperty({ ...INTEGER, description: 'Spans that failed' }) errorCount!: number;
  @ApiPropertyOptional({ ...INTEGER, description: 'Start of the earliest span, epoch microseconds' }) startUs?: number;
  @ApiPropertyOptional({ ...INTEGER, description: 'From there to the end of the last span' }) durationUs?: number;
}

export class SpanSearchResultDto {
  @ApiProperty({ type: [TraceSummaryDto] }) traces!: TraceSummaryDto[];
  @ApiProperty({ ...INTEGER, description: 'Spans that were looked at' }) scannedSpans!: number;
  @ApiProperty({ ...INTEGER, description: 'Spans among them that match' }) matchedSpans!: number;
  @ApiProperty({ description: 'False when there may be more: ask again with `next` as the cursor' }) complete!: boolean;
  @ApiPropertyOptional({ description: 'Cursor for what follows' }) next?: string;
}

/** How one operation did in one slice of time. Durations in microseconds. */
export class OperationFiguresDto {
  @ApiProperty() service!: string;
  @ApiProperty({ description: "Lower case, '' when unknown" }) name!: string;
  @ApiProperty({ ...INTEGER, description: 'Epoch microseconds' }) bucketStartUs!: number;
  @ApiProperty(INTEGER) calls!: number;
  @ApiProperty(INTEGER) failed!: number;
  @ApiProperty({ description: 'Part of the calls that failed, 0 to 1' }) errorRate!: number;
  @ApiPropertyOptional({ ...INTEGER, description: 'Absent when no duration is known' }) p50Us?: number;
  @ApiPropertyOptional(INTEGER) p95Us?: number;
  @ApiPropertyOptional(INTEGER) p99Us?: number;
}

export class OperationsDto {
  @ApiProperty({ ...INTEGER, description: 'Length of a slice, microseconds' }) bucketUs!: number;
  @ApiProperty({ type: [OperationFiguresDto] }) operations!: OperationFiguresDto[];
  @ApiProperty({ description: 'True when there are more rows than an answer holds' }) truncated!: boolean;
}

export class ServicesDto {
  @ApiProperty({ type: [String] }) services!: string[];
}
