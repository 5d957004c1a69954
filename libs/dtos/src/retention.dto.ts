import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';

const INTEGER = { type: 'integer' } as const;

/** The spans of one day. */
export class RetainedDayDto {
  @ApiPropertyOptional({ description: 'YYYY-MM-DD; absent for spans without a time or of a day far away' })
  day?: string;
  @ApiProperty({ ...INTEGER, description: 'With indexes' }) bytes!: number;
  @ApiProperty({ ...INTEGER, description: 'Estimate of the database' }) spans!: number;
  @ApiPropertyOptional({ enum: ['age', 'bytes'], description: 'Why the next run drops it; absent when it stays' })
  drop?: 'age' | 'bytes';
}

/** What is stored, newest day first, and what retention drops of it. */
export class RetentionDto {
  @ApiPropertyOptional({ ...INTEGER, description: 'Days that are kept; absent: all' }) keepDays?: number;
  @ApiPropertyOptional({ ...INTEGER, description: 'Bytes that are kept; absent: all' }) keepBytes?: number;
  @ApiProperty({ ...INTEGER, description: 'Of all days' }) bytes!: number;
  @ApiProperty({ type: [RetainedDayDto] }) days!: RetainedDayDto[];
}
