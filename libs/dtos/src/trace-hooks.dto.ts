import { ApiExtraModels, ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { mapOf } from './map-response.js';

/** A hook of `GET /v1/trace-hooks`. */
export class TraceHookDto {
  @ApiProperty() Name!: string;
  @ApiProperty({ type: [String], description: 'Lines for the user' }) Description!: string[];
  @ApiPropertyOptional({ description: 'Why the hook cannot be used on this node' }) unavailable?: string;
}

@ApiExtraModels(TraceHookDto)
export class TraceHookGroupDto {
  @ApiProperty(mapOf(TraceHookDto, 'name of the hook')) Tracers!: Record<string, TraceHookDto>;
  @ApiPropertyOptional({ description: 'What is wrong with the group' }) problem?: string;
}
