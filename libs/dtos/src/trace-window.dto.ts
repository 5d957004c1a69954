import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { Type } from 'class-transformer';
import { IsIn } from 'class-validator';
import { IntField, StringField } from './properties.js';

const INTEGER = { type: 'integer' } as const;

export const TRACE_EXPORTS = ['zipkin', 'otlp', 'chrome', 'ats'] as const;

/** Which rows of the drawn tree. */
export class TraceWindowQueryDto {
  @IntField({ min: 0, max: 100_000_000, optional: true, description: 'First row, 0 when absent' })
  @Type(() => Number)
  offset?: number;

  @IntField({ min: 1, max: 10_000, optional: true, description: 'Rows, 1000 when absent' })
  @Type(() => Number)
  limit?: number;

  @IntField({ min: 0, max: 100_000_000, optional: true, description: 'Leaves out rows that are deeper' })
  @Type(() => Number)
  depth?: number;

  @StringField({ maxLength: 16, optional: true, description: 'Only this span and what is below it' })
  under?: string;
}

export class TraceExportQueryDto {
  @ApiProperty({ enum: TRACE_EXPORTS })
  @IsIn(TRACE_EXPORTS)
  format!: (typeof TRACE_EXPORTS)[number];
}

/** A row of the drawn tree: a span and its place. */
export class TraceRowDto {
  @ApiProperty(INTEGER) depth!: number;
  @ApiProperty(INTEGER) children!: number;
  @ApiProperty({ ...INTEGER, description: 'All below, children included' }) descendants!: number;
  @ApiPropertyOptional({ description: 'Drawn as a root because its parent is missing' }) orphan?: true;
  @ApiProperty() id!: string;
  @ApiPropertyOptional() parentId?: string;
  @ApiProperty() name!: string;
  @ApiPropertyOptional() kind?: string;
  @ApiPropertyOptional() service?: string;
  @ApiPropertyOptional() remoteService?: string;
  @ApiPropertyOptional({ description: 'Epoch nanoseconds, exact' }) startNs?: string;
  @ApiPropertyOptional({ description: 'Nanoseconds, exact' }) durationNs?: string;
  @ApiPropertyOptional() shared?: true;
  @ApiPropertyOptional() failed?: true;
  @ApiPropertyOptional() statusMessage?: string;
  @ApiProperty({ type: Object }) attributes!: object;
  @ApiPropertyOptional({ type: Object, description: 'Attributes of the resource' }) resource?: object;
  @ApiPropertyOptional({ type: [Object] }) events?: object[];
  @ApiPropertyOptional({ type: [Object] }) links?: object[];
  @ApiPropertyOptional({ ...INTEGER, description: 'Attributes, events and links that did not fit the limits' })
  dropped?: number;
}

/** A part of a trace, as it is drawn. */
export class TraceWindowDto {
  @ApiProperty() traceId!: string;
  @ApiProperty({ ...INTEGER, description: 'Spans of the trace; the halves of a shared span are two' })
  spanCount!: number;
  @ApiProperty(INTEGER) errorCount!: number;
  @ApiProperty({ ...INTEGER, description: 'Spans whose parent is missing' }) orphanCount!: number;
  @ApiProperty(INTEGER) maxDepth!: number;
  @ApiProperty({ type: [String] }) services!: string[];
  @ApiPropertyOptional(INTEGER) startUs?: number;
  @ApiPropertyOptional(INTEGER) durationUs?: number;
  @ApiProperty({ ...INTEGER, description: 'Rows of the selection, of which `rows` is a part' }) total!: number;
  @ApiProperty(INTEGER) offset!: number;
  @ApiProperty({ type: [TraceRowDto] }) rows!: TraceRowDto[];
}
