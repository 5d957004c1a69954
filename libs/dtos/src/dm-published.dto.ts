import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';

const INT64 = { type: 'integer', format: 'int64', description: 'Exact, also beyond 2^53' } as const;

export class DmStatusDto {
  @ApiProperty() version!: string;
  @ApiProperty() git_hash!: string;
}

export class DmDeletedDto {
  @ApiProperty({ description: 'False when there was no such trace' }) result!: boolean;
  @ApiProperty() trace_id!: string;
}

export class DmTruncatedDto {
  @ApiProperty() result!: boolean;
}

class DmWireBaseDto {
  @ApiPropertyOptional() filename?: string;
  @ApiPropertyOptional({ type: 'integer' }) line?: number;
  @ApiPropertyOptional(INT64) tso?: number;
  @ApiPropertyOptional() traceID?: string;
  @ApiPropertyOptional() groupID?: string;
  @ApiPropertyOptional({ type: 'integer' }) type?: number;
}

class DmWirePositionDto {
  @ApiPropertyOptional() name?: string;
  @ApiPropertyOptional({ type: 'integer' }) pos?: number;
}

class DmWireDdlInfoDto {
  @ApiPropertyOptional() lockID?: string;
  @ApiPropertyOptional() exec?: boolean;
}

/** The fields of both kinds of events; zero values are left out. */
class DmWireEventDto {
  @ApiProperty() base!: DmWireBaseDto;
  @ApiPropertyOptional({ description: 'Binlog events: an object with safeMode, tryReSync, positions; jobs: a number' })
  state?: object | number;
  @ApiPropertyOptional({ type: 'integer' }) eventType?: number;
  @ApiPropertyOptional({ type: 'integer' }) opType?: number;
  @ApiPropertyOptional() pos?: DmWirePositionDto;
  @ApiPropertyOptional() currentPos?: DmWirePositionDto;
  @ApiPropertyOptional() sql?: string;
  @ApiPropertyOptional({ type: [String] }) ddls?: string[];
  @ApiPropertyOptional({ type: 'integer' }) argsChecksum?: number;
  @ApiPropertyOptional() ddlInfo?: DmWireDdlInfoDto;
  @ApiPropertyOptional() queueBucket?: string;
}

/** An event as the published tracer prints it. */
export class DmEventWrapperDto {
  @ApiProperty({ enum: [1, 2], description: '1 binlog event, 2 job event' }) type!: number;
  @ApiProperty() event!: DmWireEventDto;
}
